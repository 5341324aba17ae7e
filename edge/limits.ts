// Every bound of the edge, by name. What an operator may move is in EdgeLimits; the rest is fixed by the protocol.

export type EdgeLimits = {
  /** Largest frame of an app, in bytes. */
  readonly frameBytes: number;
  /** Largest body of an HTTP request that is not streamed, in bytes. */
  readonly bodyBytes: number;
  /** Unanswered requests of one socket. */
  readonly requestsInFlight: number;
  /** Cost of requests in a second, over time, for each socket. */
  readonly costPerSecond: number;
  /** Cost of requests at once, for each socket. */
  readonly costBurst: number;
  readonly socketsPerUser: number;
  readonly socketsPerAddress: number;
  readonly sockets: number;
  readonly topicsPerSocket: number;
  /** HTTP requests in a second from one address without a valid token, over time. */
  readonly strangerPerSecond: number;
  /** After so many seconds of silence uWebSockets ends the connection; it pings by itself before that. 8 at least. */
  readonly idleSeconds: number;
  /** Bytes that may wait for a socket before uWebSockets cuts it at once. */
  readonly bufferedBytesHard: number;
};

export const defaultLimits: EdgeLimits = {
  frameBytes: 64 * 1024,
  bodyBytes: 1024 * 1024,
  requestsInFlight: 64,
  costPerSecond: 100,
  costBurst: 400,
  socketsPerUser: 32,
  socketsPerAddress: 2_000,
  sockets: 200_000,
  topicsPerSocket: 5_100,
  strangerPerSecond: 20,
  idleSeconds: 60,
  bufferedBytesHard: 1024 * 1024,
};

/** So many times `frameBytes` uWebSockets reads before it cuts the connection; up to it the app gets a close code. */
export const frameBytesHardFactor = 4;
/** Frames, and their bytes, that a socket may send before its token is checked. */
export const earlyFramesMax = 64;
export const earlyBytesMax = 256 * 1024;
/** Bytes of such frames of all sockets. */
export const earlyBytesOfAllMax = 32 * 1024 * 1024;
/** A socket whose token is not checked after this time is ended with NOT_OPENED; fetching keys may take 5 s. */
export const tokenCheckMsMax = 8_000;
/** Frames that can't be read before the socket is ended. */
export const malformedFramesMax = 10;
/** An app shall be heard from at least this often. */
export const heartbeatMs = 25_000;
/** Bytes that may wait for a socket, looked at by the sweep. */
export const bufferedBytesMax = 256 * 1024;
/** Every socket is looked at once in this time, in slices. */
export const sweepMs = 1_000;
export const sweepSlices = 10;
/** A session that is not ready after this time is ended with NOT_OPENED. */
export const openingMsMax = 10_000;
/** Topics in one `ready` or `joined` frame. */
export const topicsPerFrame = 500;

/** Events that a topic keeps for those who come back, at most. */
export const ringEventsMax = 256;
export const ringMs = 60_000;
/** Bytes of the frames that are kept for those who come back, of all topics; the oldest are overwritten. */
export const arenaBytesMax = 128 * 1024 * 1024;
/** A topic without sockets is kept this long, so that those who come back find its ring. */
export const lingerMs = 30_000;
/** Events held for one topic while those before them are asked for. */
export const heldEventsMax = 1_024;
/** A gap that is not filled after this time makes the topic stale. */
export const gapMsMax = 2_000;
/** Between two attempts to fill a gap or to open a stale topic, doubled up to the maximum, with jitter. */
export const retryMsMin = 100;
export const retryMsMax = 10_000;
/** Entries in one page asked of a service; the same on its side. */
export const entriesPageMax = 500;
/** Topics or users in one question to a service. */
export const headsPageMax = 500;
export const rightsPageMax = 1_000;
/** Questions of one kind that are under way at a time. */
export const questionsMax = 8;
/** Every topic's head is compared at least this often. */
export const headCheckMs = 60_000;
/** After a switch of the bus all topics are compared, over so long for each page of them, and at most in all. */
export const headPageSpreadMs = 100;
export const headSpreadMsMax = 2_000;
/** A head that is ahead is only counted as found when the event has not come by itself after this time. */
export const headGraceMs = 1_000;
/** Calls of the edge in its own name. */
export const topicCallMs = 5_000;
/** A session waits so long for the topics of a service that does not keep users' logs; then they come later. */
export const otherKeeperMs = 2_000;
/** Revocations are remembered this long, for sessions whose rights are being read; longer than `openingMsMax`. */
export const revocationMs = 15_000;
export const revocationsMax = 100_000;
/** Times that a session's topics are read again since they changed while they were read. */
export const openingRoundsMax = 8;

/** Topics in one `session.resume`. */
export const resumeTopicsMax = 500;
/** Bytes that one `session.resume` replays; the rest is `remaining`. */
export const resumeBytesMax = 128 * 1024;
/** Entries that are asked of a service to resume a topic that the ring does not reach; above it the topic is stale. */
export const resumeEntriesMax = 500;

/** Tickets that wait to be used. */
export const ticketsMax = 100_000;
export const ticketMs = 30_000;
/** A user may spend on all sockets together what so many sockets may. */
export const socketsWorthPerUser = 4;
/** Over so many seconds that is counted; told to the other edges so often. */
export const userRateSeconds = 4;
export const userRateMs = 500;
/** Users whose spending is counted at a time; others are bounded by their sockets alone. */
export const ratedUsersMax = 100_000;
/** Sessions on Links for HTTP calls, by token. */
export const httpSessionsMax = 10_000;
/** Bytes of a long HTTP body in one call. */
export const bodyPartBytes = 256 * 1024;
/** Bytes of HTTP bodies that are kept before it is known who sends them, of all requests. */
export const strangerBytesMax = 32 * 1024 * 1024;
/** Addresses that are counted at a time. */
export const addressesMax = 100_000;
/** Files of the console: their bytes in memory. */
export const staticBytesMax = 16 * 1024 * 1024;
