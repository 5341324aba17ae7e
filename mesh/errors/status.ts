// Errors between processes: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo, as every gRPC library reads it.
// The four messages are written and read field by field: their numbers are fixed for ever in google/rpc/*.proto.

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { CircuitError, type ErrorDetails, type Violation } from './circuit-error.ts';
import { codes, isReason, reasonOfCode, reasonRule } from './reasons.ts';

const domain = 'circuit';
const typePrefix = 'type.googleapis.com/google.rpc.';

/** Headers are cut by proxies at about 8 KiB; a status of 6 KiB is that in base64. */
const statusBytesMax = 6 * 1024;
const messageLengthMax = 500;
const metadataBytesMax = 2 * 1024;
const detailsMax = 16;
const violationsMax = 100;

/** The encoded google.rpc.Status of an error. What does not fit is left out: variables, and the last violations. */
export function encodeStatus(error: CircuitError): Uint8Array {
  const { violations = [], retryAfterMs = 0 } = error.details;
  const rule = reasonRule(error.reason);
  const status = new BinaryWriter();
  status.uint32(tag(1)).int32(codes[rule.code]);
  status.uint32(text(2)).string(error.message.slice(0, messageLengthMax));
  appendDetail(status, 'ErrorInfo', encodeErrorInfo(error));
  if (retryAfterMs > 0) appendDetail(status, 'RetryInfo', encodeRetryInfo(retryAfterMs));
  const head = status.finish();
  if (violations.length === 0) return head;
  const badRequest = encodeBadRequest(violations, statusBytesMax - head.length - 64);
  return appendDetail(new BinaryWriter().raw(head), 'BadRequest', badRequest).finish();
}

/**
 * The error that a peer sent. Without details, or with a reason that this process does not know, it is what the bare
 * status code says. Bytes that are no Status are ignored: the code and message of the call stand.
 */
export function decodeStatus(code: number, message: string, bytes: Uint8Array | undefined): CircuitError {
  let details: StatusDetails = {};
  try {
    if (bytes) details = readStatus(bytes);
  } catch {
    details = {};
  }
  const { reason = '', ...rest } = details;
  const known = isReason(reason) ? reason : reasonOfCode(code);
  return new CircuitError(known, message || reasonRule(known).message, rest);
}

function encodeErrorInfo(error: CircuitError): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(text(1)).string(error.reason).uint32(text(2)).string(domain);
  let room = metadataBytesMax;
  for (const [key, value] of Object.entries(error.details.metadata ?? {})) {
    const entry = new BinaryWriter();
    entry.uint32(text(1)).string(key).uint32(text(2)).string(value);
    const bytes = entry.finish();
    if (bytes.length > room) continue;
    room -= bytes.length;
    writer.uint32(text(3)).bytes(bytes);
  }
  return writer.finish();
}

function encodeRetryInfo(retryAfterMs: number): Uint8Array {
  const ms = Math.ceil(retryAfterMs);
  const duration = new BinaryWriter();
  duration.uint32(tag(1)).int64(Math.floor(ms / 1000));
  duration.uint32(tag(2)).int32((ms % 1000) * 1_000_000);
  return new BinaryWriter().uint32(text(1)).bytes(duration.finish()).finish();
}

function encodeBadRequest(violations: readonly Violation[], room: number): Uint8Array {
  const writer = new BinaryWriter();
  let left = room;
  for (const { field, description } of violations.slice(0, violationsMax)) {
    const violation = new BinaryWriter();
    violation.uint32(text(1)).string(field).uint32(text(2)).string(description);
    const bytes = violation.finish();
    left -= bytes.length + 4;
    if (left < 0) break;
    writer.uint32(text(1)).bytes(bytes);
  }
  return writer.finish();
}

function appendDetail(status: BinaryWriter, name: string, value: Uint8Array): BinaryWriter {
  const any = new BinaryWriter();
  any
    .uint32(text(1))
    .string(typePrefix + name)
    .uint32(text(2))
    .bytes(value);
  return status.uint32(text(3)).bytes(any.finish());
}

type StatusDetails = Omit<ErrorDetails, 'cause'> & { readonly reason?: string };

function readStatus(bytes: Uint8Array): StatusDetails {
  let details: StatusDetails = {};
  let count = 0;
  eachField(bytes, (number, reader) => {
    if (number !== 3 || ++count > detailsMax) return false;
    let type = '';
    let value: Uint8Array = new Uint8Array();
    eachField(reader.bytes(), (inner, any) => {
      if (inner === 1) type = any.string();
      else if (inner === 2) value = any.bytes();
      else return false;
      return true;
    });
    if (type === `${typePrefix}ErrorInfo`) details = { ...details, ...readErrorInfo(value) };
    if (type === `${typePrefix}RetryInfo`) details = { ...details, retryAfterMs: readRetryInfo(value) };
    if (type === `${typePrefix}BadRequest`) details = { ...details, violations: readBadRequest(value) };
    return true;
  });
  return details;
}

function readErrorInfo(bytes: Uint8Array): StatusDetails {
  let reason = '';
  let from = '';
  const metadata: [string, string][] = [];
  eachField(bytes, (number, reader) => {
    if (number === 1) reason = reader.string();
    else if (number === 2) from = reader.string();
    else if (number === 3) metadata.push(readPair(reader.bytes()));
    else return false;
    return true;
  });
  if (from !== domain) return {};
  return metadata.length === 0 ? { reason } : { reason, metadata: Object.fromEntries(metadata) };
}

function readRetryInfo(bytes: Uint8Array): number {
  let ms = 0;
  eachField(bytes, (number, reader) => {
    if (number !== 1) return false;
    eachField(reader.bytes(), (inner, duration) => {
      if (inner === 1) ms += Number(duration.int64()) * 1000;
      else if (inner === 2) ms += Math.ceil(duration.int32() / 1_000_000);
      else return false;
      return true;
    });
    return true;
  });
  return Math.max(0, ms);
}

function readBadRequest(bytes: Uint8Array): Violation[] {
  const violations: Violation[] = [];
  eachField(bytes, (number, reader) => {
    if (number !== 1 || violations.length >= violationsMax) return false;
    const [field, description] = readPair(reader.bytes());
    violations.push({ field, description });
    return true;
  });
  return violations;
}

/** A message of two strings, numbered 1 and 2: a map entry, a violation. */
function readPair(bytes: Uint8Array): [string, string] {
  const pair: [string, string] = ['', ''];
  eachField(bytes, (number, reader) => {
    if (number !== 1 && number !== 2) return false;
    pair[number - 1] = reader.string();
    return true;
  });
  return pair;
}

/** Calls `read` at each field; what it does not take (false) is skipped. */
function eachField(bytes: Uint8Array, read: (number: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (!read(number, reader)) reader.skip(wireType, number);
  }
}

function tag(number: number): number {
  return (number << 3) | WireType.Varint;
}

function text(number: number): number {
  return (number << 3) | WireType.LengthDelimited;
}

/** The code of an encoded google.rpc.Status: its first field, and a small number. INTERNAL where it is not. */
export function codeOf(status: Uint8Array): number {
  return status[0] === 8 ? (status[1] ?? 13) : 13;
}
