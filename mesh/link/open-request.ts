// OpenRequest as bytes: what an edge says on a Link, written part by part and read part by part. The shapes stand in
// proto/circuit/link/v1/link_service.proto; a test holds this against the generated codec.

import { WireReader } from './wire-reader.ts';
import { delimitedSize, utf8Size, varintSize, type WireWriter } from './wire-writer.ts';

const sessions = (1 << 3) | 2;
const topics = (2 << 3) | 2;
const topicsNumber = 3 << 3;
const calls = (4 << 3) | 2;
const cancels = 5 << 3;
const endedSessions = 6 << 3;

/** Tags of the fields of the nested messages: a number (varint) or bytes, by field number. */
const numberField = (field: number) => field << 3;
const bytesField = (field: number) => (field << 3) | 2;

export type CallParts = {
  readonly id: number;
  readonly method: number;
  readonly session: number;
  readonly timeoutMs: number;
  readonly request: Uint8Array;
  readonly traceparent: string;
};

export function writeSession(writer: WireWriter, session: number, token: string): void {
  const tokenSize = utf8Size(token);
  writer.varint(sessions);
  writer.varint(1 + varintSize(session) + 1 + delimitedSize(tokenSize));
  writer.varint(numberField(1));
  writer.varint(session);
  writer.varint(bytesField(2));
  writer.text(token, tokenSize);
}

export function writeTopicChange(writer: WireWriter, topic: string, leave: boolean): void {
  const size = utf8Size(topic);
  writer.varint(topics);
  writer.varint(1 + delimitedSize(size) + (leave ? 2 : 0));
  writer.varint(bytesField(1));
  writer.text(topic, size);
  if (!leave) return;
  writer.varint(numberField(2));
  writer.varint(1);
}

export function writeTopicsNumber(writer: WireWriter, number: number): void {
  writer.varint(topicsNumber);
  writer.varint(number);
}

export function writeCall(writer: WireWriter, call: CallParts): void {
  const { id, method, session, timeoutMs, request, traceparent } = call;
  const traceSize = traceparent === '' ? 0 : utf8Size(traceparent);
  let size = 1 + varintSize(id) + 1 + delimitedSize(request.length);
  if (method > 0) size += 1 + varintSize(method);
  if (session > 0) size += 1 + varintSize(session);
  if (timeoutMs > 0) size += 1 + varintSize(timeoutMs);
  if (traceSize > 0) size += 1 + delimitedSize(traceSize);
  writer.varint(calls);
  writer.varint(size);
  writer.varint(numberField(1));
  writer.varint(id);
  if (method > 0) {
    writer.varint(numberField(2));
    writer.varint(method);
  }
  if (session > 0) {
    writer.varint(numberField(3));
    writer.varint(session);
  }
  if (timeoutMs > 0) {
    writer.varint(numberField(4));
    writer.varint(timeoutMs);
  }
  writer.varint(bytesField(5));
  writer.bytes(request);
  if (traceSize === 0) return;
  writer.varint(bytesField(6));
  writer.text(traceparent, traceSize);
}

export function writeCancel(writer: WireWriter, id: number): void {
  writer.varint(cancels);
  writer.varint(id);
}

export function writeEndedSession(writer: WireWriter, session: number): void {
  writer.varint(endedSessions);
  writer.varint(session);
}

export type OpenRequestReader = {
  onSession(session: number, token: string): void;
  onTopicChange(topic: string, leave: boolean): void;
  onTopicsNumber(number: number): void;
  onCall(call: CallParts): void;
  onCancel(id: number): void;
  onEndedSession(session: number): void;
};

/** Tells the parts of an OpenRequest in their order. Throws MALFORMED_FRAME; what was told before that was whole. */
export function readOpenRequest(bytes: Buffer, to: OpenRequestReader): void {
  const reader = new WireReader(bytes);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === calls) readCall(reader, to);
    else if (tag === topics) readTopicChange(reader, to);
    else if (tag === topicsNumber) to.onTopicsNumber(reader.varint());
    else if (tag === sessions) readSession(reader, to);
    else if (tag === cancels) to.onCancel(reader.varint());
    else if (tag === endedSessions) to.onEndedSession(reader.varint());
    else reader.skip(tag);
  }
}

const noBytes: Buffer = Buffer.alloc(0);

function readCall(reader: WireReader, to: OpenRequestReader): void {
  const outer = reader.enter();
  let id = 0;
  let method = 0;
  let session = 0;
  let timeoutMs = 0;
  let request: Buffer = noBytes;
  let traceparent = '';
  while (reader.more) {
    const tag = reader.varint();
    if (tag === numberField(1)) id = reader.varint();
    else if (tag === numberField(2)) method = reader.varint();
    else if (tag === numberField(3)) session = reader.varint();
    else if (tag === numberField(4)) timeoutMs = reader.varint();
    else if (tag === bytesField(5)) request = reader.view();
    else if (tag === bytesField(6)) traceparent = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
  to.onCall({ id, method, session, timeoutMs, request, traceparent });
}

function readTopicChange(reader: WireReader, to: OpenRequestReader): void {
  const outer = reader.enter();
  let topic = '';
  let leave = false;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === bytesField(1)) topic = reader.text();
    else if (tag === numberField(2)) leave = reader.varint() !== 0;
    else reader.skip(tag);
  }
  reader.leave(outer);
  to.onTopicChange(topic, leave);
}

function readSession(reader: WireReader, to: OpenRequestReader): void {
  const outer = reader.enter();
  let session = 0;
  let token = '';
  while (reader.more) {
    const tag = reader.varint();
    if (tag === numberField(1)) session = reader.varint();
    else if (tag === bytesField(2)) token = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
  to.onSession(session, token);
}
