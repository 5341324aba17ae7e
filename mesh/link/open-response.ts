// OpenResponse as bytes: what a service says on a Link, written part by part and read part by part. The shapes stand in
// proto/circuit/link/v1/link_service.proto; a test holds this against the generated codec.

import { LinkHello, type SessionEndReason } from '../../gen/circuit/link/v1/link_service.ts';
import { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { WireReader } from './wire-reader.ts';
import { delimitedSize, varintSize, type WireWriter } from './wire-writer.ts';

const hello = (1 << 3) | 2;
const replies = (2 << 3) | 2;
const sessionEnds = (3 << 3) | 2;
const topicsConfirmed = 4 << 3;
const events = (5 << 3) | 2;
const goingAway = 6 << 3;
const busAway = 7 << 3;
const notReady = 8 << 3;

const numberField = (field: number) => field << 3;
const bytesField = (field: number) => (field << 3) | 2;

export function writeHello(writer: WireWriter, value: LinkHello): void {
  writer.varint(hello);
  writer.bytes(LinkHello.encode(value).finish());
}

/** `error` is an encoded google.rpc.Status. */
export function writeReply(writer: WireWriter, id: number, outcome: 'response' | 'error', bytes: Uint8Array): void {
  writer.varint(replies);
  writer.varint(1 + varintSize(id) + 1 + delimitedSize(bytes.length));
  writer.varint(numberField(1));
  writer.varint(id);
  writer.varint(bytesField(outcome === 'response' ? 2 : 3));
  writer.bytes(bytes);
}

export function writeSessionEnd(writer: WireWriter, session: number, reason: SessionEndReason): void {
  writer.varint(sessionEnds);
  writer.varint(1 + varintSize(session) + 1 + varintSize(reason));
  writer.varint(numberField(1));
  writer.varint(session);
  writer.varint(numberField(2));
  writer.varint(reason);
}

export function writeTopicsConfirmed(writer: WireWriter, number: number): void {
  writer.varint(topicsConfirmed);
  writer.varint(number);
}

/** An encoded TopicEvent: the same bytes for every Link. */
export function writeEvent(writer: WireWriter, encoded: Uint8Array): void {
  writer.varint(events);
  writer.bytes(encoded);
}

export function writeGoingAway(writer: WireWriter): void {
  writer.varint(goingAway);
  writer.varint(1);
}

export function writeBusAway(writer: WireWriter, away: boolean): void {
  writer.varint(busAway);
  writer.varint(away ? 1 : 0);
}

export function writeNotReady(writer: WireWriter, isNot: boolean): void {
  writer.varint(notReady);
  writer.varint(isNot ? 1 : 0);
}

export type OpenResponseReader = {
  onHello(value: LinkHello): void;
  /** The bytes are a view that pins the whole message: copy what is kept. */
  onReply(id: number, outcome: 'response' | 'error', bytes: Uint8Array): void;
  onSessionEnd(session: number, reason: SessionEndReason): void;
  onTopicsConfirmed(number: number): void;
  onEvent(event: TopicEvent): void;
  onGoingAway(): void;
  onBusAway(away: boolean): void;
  onNotReady(isNot: boolean): void;
};

/** Tells the parts of an OpenResponse in their order. Throws when it is malformed. */
export function readOpenResponse(bytes: Buffer, to: OpenResponseReader): void {
  const reader = new WireReader(bytes);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === replies) readReply(reader, to);
    else if (tag === events) to.onEvent(readEvent(reader.view()));
    else if (tag === topicsConfirmed) to.onTopicsConfirmed(reader.varint());
    else if (tag === sessionEnds) readSessionEnd(reader, to);
    else if (tag === goingAway) readGoingAway(reader, to);
    else if (tag === busAway) to.onBusAway(reader.varint() !== 0);
    else if (tag === notReady) to.onNotReady(reader.varint() !== 0);
    else if (tag === hello) to.onHello(LinkHello.decode(reader.view()));
    else reader.skip(tag);
  }
}

const noBytes: Buffer = Buffer.alloc(0);
const none: readonly never[] = [];

/** Of the event before: neighbours often have the same, and then need no texts of their own. */
let [lastTopic, lastName] = ['', ''];

/** Nearly every event has these five fields and no others; one that says something of rights goes the general way. */
function readEvent(bytes: Buffer): TopicEvent {
  const reader = new WireReader(bytes);
  let topic = '';
  let seq = 0;
  let after = 0;
  let event = '';
  let data = noBytes;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === bytesField(1)) topic = reader.textLike(lastTopic);
    else if (tag === numberField(2)) seq = reader.varint();
    else if (tag === numberField(3)) after = reader.varint();
    else if (tag === bytesField(4)) event = reader.textLike(lastName);
    else if (tag === bytesField(5)) data = reader.view();
    else return TopicEvent.decode(bytes);
  }
  lastTopic = topic;
  lastName = event;
  return {
    topic,
    seq,
    after,
    event,
    data,
    revokedUsers: none,
    grantedTopics: none,
    revokedTopics: none,
    blanked: none,
    traceparent: undefined,
  };
}

function readReply(reader: WireReader, to: OpenResponseReader): void {
  const outer = reader.enter();
  let id = 0;
  let outcome: 'response' | 'error' = 'response';
  let bytes: Buffer = noBytes;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === numberField(1)) {
      id = reader.varint();
    } else if (tag === bytesField(2)) {
      bytes = reader.view();
    } else if (tag === bytesField(3)) {
      outcome = 'error';
      bytes = reader.view();
    } else {
      reader.skip(tag);
    }
  }
  reader.leave(outer);
  to.onReply(id, outcome, bytes);
}

function readSessionEnd(reader: WireReader, to: OpenResponseReader): void {
  const outer = reader.enter();
  let session = 0;
  let reason = 0;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === numberField(1)) session = reader.varint();
    else if (tag === numberField(2)) reason = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  to.onSessionEnd(session, reason as SessionEndReason);
}

function readGoingAway(reader: WireReader, to: OpenResponseReader): void {
  if (reader.varint() !== 0) to.onGoingAway();
}
