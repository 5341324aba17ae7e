// What the clients of a chaos run write down, and what the logs say at the end. All times are of one clock, in
// milliseconds since the run began. A client is one device; a user may have several.

/** Something that a client handed to its SDK. */
export type Sent = {
  readonly client: string;
  readonly conversation: string;
  readonly request: string;
  readonly at: number;
};

/** The answer that it is stored for good. */
export type Acknowledged = {
  readonly client: string;
  readonly conversation: string;
  /** Where in the log, if the answer says so. */
  readonly seq: number | undefined;
  /** As `Logged.what`. */
  readonly what: string;
  readonly at: number;
};

/** An entry that a client's app was shown. */
export type Seen = {
  readonly client: string;
  readonly conversation: string;
  readonly seq: number;
  /** As `Logged.what`. */
  readonly what: string;
  /** Of an earlier message whose words came with it, as `Logged.what`. */
  readonly words?: string;
  readonly at: number;
};

/** An entry of a conversation's log, as it stands at the end. */
export type Logged = {
  readonly seq: number;
  /** What the entry is, in words that stay the same whatever later entries change: `message 000000000017`. */
  readonly what: string;
  /** Two entries with the same are one thing stored twice; empty: may come again. */
  readonly once: string;
  /** User key of a message's sender; empty for what is no message. */
  readonly sender: string;
  /** User keys. */
  readonly came: readonly string[];
  readonly went: readonly string[];
};

/** Somebody became a member at `from`, and no member any more at `to`. */
export type Stay = {
  readonly client: string;
  readonly conversation: string;
  readonly from: number;
  readonly to: number | undefined;
  /** From here on each entry must have been seen; undefined: from the first that was. */
  readonly seesFrom: number | undefined;
};

/** A time in which something was broken on purpose, or the machine itself stood still. `name`: `kill chat-1`. */
export type Fault = { readonly name: string; readonly from: number; readonly to: number };

/** A time in which a client had no connection, or was still catching up. */
export type Away = { readonly client: string; readonly from: number; readonly to: number };

/** Somebody's call to have read up to a number. */
export type Read = {
  readonly user: string;
  readonly conversation: string;
  readonly seq: number;
  readonly from: number;
  /** When it was acknowledged; undefined: it was not. */
  at: number | undefined;
};

/** A device was told, as an event, that somebody has read further than it knew. */
export type Told = {
  readonly client: string;
  readonly conversation: string;
  /** Who has read. */
  readonly user: string;
  readonly readSeq: number;
  readonly at: number;
};

/** How far somebody is, as another is told. */
export type Mark = { readonly user: string; readonly deliveredSeq: number; readonly readSeq: number };

/** A client was told that entries are gone for good, and went on behind them. */
export type Gone = { readonly client: string; readonly conversation: string; readonly at: number };

/** A member's line of a conversation at the end, as the service tells it. */
export type Line = {
  readonly client: string;
  readonly user: string;
  readonly conversation: string;
  readonly unread: number;
  readonly deliveredSeq: number;
  readonly readSeq: number;
  readonly lastSeq: number;
  /** The newest message of the line's preview; 0: none. */
  readonly previewSeq: number;
  /** Messages that history gives from before the member came. */
  readonly fromBefore: number;
  /** The other members, as the service tells of them. */
  readonly others: readonly Mark[];
  /** The same, as an app that has it open shows them. */
  readonly shown: readonly Mark[];
  /** Of the newest message of one's own that stands. */
  readonly receipts: Receipts | undefined;
};

/** Who got and who read a message, as its sender is told. */
export type Receipts = {
  readonly seq: number;
  readonly delivered: readonly string[];
  readonly read: readonly string[];
};

/** The newest stretch of a conversation, as an app shows it and as the service has it. */
export type View = {
  readonly client: string;
  readonly conversation: string;
  readonly shown: readonly string[];
  readonly stored: readonly string[];
};

/** A call that was refused; `excused` where the run itself is why (the caller was no member any more). */
export type Refusal = {
  readonly client: string;
  readonly call: string;
  readonly reason: string;
  readonly excused: boolean;
  /** From the call to its refusal. */
  readonly from: number;
  readonly to: number;
};

export type History = {
  /** How long the clients acted; what came later is healing and catching up. */
  readonly actedMs: number;
  readonly sent: readonly Sent[];
  readonly acknowledged: readonly Acknowledged[];
  readonly seen: readonly Seen[];
  readonly logs: ReadonlyMap<string, readonly Logged[]>;
  readonly stays: readonly Stay[];
  readonly faults: readonly Fault[];
  readonly away: readonly Away[];
  readonly reads: readonly Read[];
  readonly told: readonly Told[];
  readonly gone: readonly Gone[];
  readonly lines: readonly Line[];
  readonly views: readonly View[];
  readonly refusals: readonly Refusal[];
  /** Clients, and how many of their calls and messages had no answer at the end. */
  readonly unanswered: readonly string[];
  /** Topics that head checks found behind. */
  readonly foundByHeadChecks: readonly { readonly at: number; readonly topics: number }[];
  /** Ends of processes that nobody killed. */
  readonly deaths: readonly { readonly process: string; readonly at: number }[];
};

export const emptyHistory: History = {
  actedMs: 0,
  sent: [],
  acknowledged: [],
  seen: [],
  logs: new Map(),
  stays: [],
  faults: [],
  away: [],
  reads: [],
  told: [],
  gone: [],
  lines: [],
  views: [],
  refusals: [],
  unanswered: [],
  foundByHeadChecks: [],
  deaths: [],
};
