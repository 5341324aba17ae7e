import { describe, expect, it } from 'vitest';
import { OpenRequest, OpenResponse, SessionEndReason } from '../../gen/circuit/link/v1/link_service.ts';
import { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import {
  type CallParts,
  type OpenRequestReader,
  readOpenRequest,
  writeCall,
  writeCancel,
  writeEndedSession,
  writeSession,
  writeTopicChange,
  writeTopicsNumber,
} from './open-request.ts';
import {
  type OpenResponseReader,
  readOpenResponse,
  writeBusAway,
  writeEvent,
  writeGoingAway,
  writeHello,
  writeNotReady,
  writeReply,
  writeSessionEnd,
  writeTopicsConfirmed,
} from './open-response.ts';
import { WireWriter } from './wire-writer.ts';

const bytes = (...values: number[]) => Buffer.from(values);

const wholeRequest: OpenRequest = {
  sessions: [{ session: 300, token: 'a.b.ç' }],
  topics: [
    { topic: 'c:000000000042', leave: false },
    { topic: 'c:ü', leave: true },
  ],
  topicsNumber: 2 ** 45 + 1,
  calls: [
    { id: 1, method: 0, session: 0, timeoutMs: 0, request: bytes(), traceparent: '' },
    {
      id: 2 ** 32 - 1,
      method: 200,
      session: 300,
      timeoutMs: 5000,
      request: bytes(1, 2, 3),
      traceparent: '00-ab-cd-01',
    },
  ],
  cancels: [1, 128],
  endedSessions: [300],
};

const event: TopicEvent = {
  topic: 'c:000000000042',
  seq: 17,
  after: 0,
  event: 'message.new',
  data: bytes(9, 9),
  revokedUsers: ['100000000002'],
  grantedTopics: [],
  revokedTopics: [],
  blanked: [3],
};

/** As nearly all are, and read another way: it says nothing of rights. */
const plainEvent: TopicEvent = { ...event, seq: 2 ** 40, topic: 'c:ä', revokedUsers: [], blanked: [] };
const typing: TopicEvent = { ...plainEvent, seq: 0, after: 17, event: 'typing', data: bytes() };
const traced: TopicEvent = { ...plainEvent, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

const wholeResponse: OpenResponse = {
  hello: {
    address: '127.0.0.1:7070',
    services: ['chat'],
    methods: ['circuit.chat.v1.ChatService/SendMessage'],
    callsInFlightMax: 10,
    bytesInFlightMax: 20,
  },
  replies: [
    { id: 1, outcome: { $case: 'response', value: bytes(7) } },
    { id: 129, outcome: { $case: 'error', value: bytes(8, 3) } },
  ],
  sessionEnds: [{ session: 300, reason: SessionEndReason.SESSION_END_REASON_TOKEN_EXPIRED }],
  topicsConfirmed: 2 ** 40,
  events: [event, plainEvent, typing, traced],
  goingAway: true,
  busAway: false,
  notReady: true,
};

describe('a batch of an edge', () => {
  it('is what the generated codec reads', () => {
    const writer = new WireWriter();
    for (const { session, token } of wholeRequest.sessions) writeSession(writer, session, token);
    for (const { topic, leave } of wholeRequest.topics) writeTopicChange(writer, topic, leave);
    writeTopicsNumber(writer, wholeRequest.topicsNumber);
    for (const call of wholeRequest.calls) writeCall(writer, call);
    for (const id of wholeRequest.cancels) writeCancel(writer, id);
    for (const session of wholeRequest.endedSessions) writeEndedSession(writer, session);
    expect(plain(OpenRequest.decode(writer.take()))).toEqual(plain(wholeRequest));
  });

  it('is read as the generated codec writes it', () => {
    expect(plain(readRequest(Buffer.from(OpenRequest.encode(wholeRequest).finish())))).toEqual(plain(wholeRequest));
  });

  it('is refused wherever it is cut off, and never read beyond its end', () => {
    const whole = Buffer.from(OpenRequest.encode({ ...wholeRequest, topics: [], cancels: [] }).finish());
    const starts = boundaries(whole);
    for (let end = 0; end < whole.length; end += 1) {
      const read = () => readRequest(whole.subarray(0, end));
      if (starts.has(end)) read();
      else expect(read).toThrow(expect.objectContaining({ reason: 'MALFORMED_FRAME' }));
    }
  });
});

describe('a batch of a service', () => {
  it('is what the generated codec reads', () => {
    const writer = new WireWriter();
    writeHello(writer, wholeResponse.hello!);
    writeReply(writer, 1, 'response', bytes(7));
    writeReply(writer, 129, 'error', bytes(8, 3));
    writeSessionEnd(writer, 300, SessionEndReason.SESSION_END_REASON_TOKEN_EXPIRED);
    writeTopicsConfirmed(writer, wholeResponse.topicsConfirmed);
    for (const each of wholeResponse.events) writeEvent(writer, TopicEvent.encode(each).finish());
    writeGoingAway(writer);
    writeBusAway(writer, false);
    writeNotReady(writer, true);
    expect(plain(OpenResponse.decode(writer.take()))).toEqual(plain(wholeResponse));
  });

  it('is read as the generated codec writes it', () => {
    expect(plain(readResponse(Buffer.from(OpenResponse.encode(wholeResponse).finish())))).toEqual(plain(wholeResponse));
  });

  it('has events with texts of their own, however much they are like those before', () => {
    const topics = ['c:1', 'c:1', 'c:12', 'c:13', 'c:ä', 'c:ä', '', 'c:x'];
    const encoded = topics.map((topic) => Buffer.from(TopicEvent.encode({ ...plainEvent, topic }).finish()));
    // The unit of `ä` as a byte, which is no UTF-8.
    encoded.splice(6, 0, Buffer.from(encoded.at(-1)!.map((byte) => (byte === 0x78 ? 0xe4 : byte))));
    const writer = new WireWriter();
    for (const each of encoded) writeEvent(writer, each);
    const read = readResponse(writer.take()).events.map(({ topic }) => topic);
    expect(read).toEqual([...topics.slice(0, 6), 'c:\ufffd', ...topics.slice(6)]);
  });

  it('may hold fields of a newer version', () => {
    const newer = Buffer.concat([bytes(0x9a, 0x06, 2, 1, 1), OpenResponse.encode(wholeResponse).finish()]);
    expect(plain(readResponse(newer))).toEqual(plain(wholeResponse));
  });
});

/** Lengths at which a prefix is a whole message: after each top-level field. */
function boundaries(whole: Buffer): Set<number> {
  const ends = new Set([0]);
  for (let end = 1; end < whole.length; end += 1) {
    try {
      OpenRequest.decode(whole.subarray(0, end));
      ends.add(end);
    } catch {
      // Cut within a field.
    }
  }
  return ends;
}

function readRequest(batch: Buffer): OpenRequest {
  const calls: CallParts[] = [];
  const read = {
    sessions: [] as object[],
    topics: [] as object[],
    cancels: [] as number[],
    endedSessions: [] as number[],
  };
  let topicsNumber = 0;
  const reader: OpenRequestReader = {
    onSession: (session, token) => read.sessions.push({ session, token }),
    onTopicChange: (topic, leave) => read.topics.push({ topic, leave }),
    onTopicsNumber: (number) => {
      topicsNumber = number;
    },
    onCall: (call) => calls.push(call),
    onCancel: (id) => read.cancels.push(id),
    onEndedSession: (session) => read.endedSessions.push(session),
  };
  readOpenRequest(batch, reader);
  return { ...read, calls, topicsNumber } as unknown as OpenRequest;
}

function readResponse(batch: Buffer): OpenResponse {
  const read = { replies: [] as object[], sessionEnds: [] as object[], events: [] as object[] };
  const rest: Record<string, unknown> = {};
  const reader: OpenResponseReader = {
    onHello: (hello) => void Object.assign(rest, { hello }),
    onReply: (id, $case, value) => read.replies.push({ id, outcome: { $case, value } }),
    onSessionEnd: (session, reason) => read.sessionEnds.push({ session, reason }),
    onTopicsConfirmed: (topicsConfirmed) => void Object.assign(rest, { topicsConfirmed }),
    onEvent: (each) => read.events.push(each),
    onGoingAway: () => void Object.assign(rest, { goingAway: true }),
    onBusAway: (busAway) => void Object.assign(rest, { busAway }),
    onNotReady: (notReady) => void Object.assign(rest, { notReady }),
  };
  readOpenResponse(batch, reader);
  return { ...read, ...rest } as unknown as OpenResponse;
}

/** Buffers and Uint8Arrays of equal bytes are equal here. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each) =>
      each?.type === 'Buffer' ? each.data : each instanceof Uint8Array ? [...each] : each,
    ),
  );
}
