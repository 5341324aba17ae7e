// MongoDB's wire protocol as far as it is spoken here: OP_MSG both ways, and OP_QUERY for a driver's first hello.
import { BsonWriter } from '../bson/build.ts';
import { type Raw, rawDocument } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { checkDocument } from './check-document.ts';
import { crc32c } from './crc32c.ts';

export const opCode = { reply: 1, query: 2004, compressed: 2012, message: 2013 } as const;

/** A message at most, in bytes, as in MongoDB. */
export const messageBytesMax = 48_000_000;
/** A message of a client that has yet to log in: a stranger is given no more room than that takes. */
export const loginBytesMax = 64 * 1024;
export const headerBytes = 16;

const flag = { checksumPresent: 1, moreToCome: 2 } as const;

export type Request = {
  readonly requestId: number;
  readonly form: 'message' | 'query';
  readonly body: Raw;
  /** Document sequences by the name of the field they stand for. */
  readonly sequences: ReadonlyMap<string, readonly Raw[]>;
  /** The sender wants no answer. */
  readonly silent: boolean;
};

/** Whether the sender of a message wants no answer, even if the rest of it is not understood. */
export function isSilent(bytes: Buffer): boolean {
  return formOf(bytes) === 'message' && (bytes.readUInt32LE(headerBytes) & flag.moreToCome) !== 0;
}

export function formOf(bytes: Buffer): Request['form'] {
  return bytes.readInt32LE(12) === opCode.query ? 'query' : 'message';
}

/** Parses one whole message. Throws a StoreError for a bad body, RangeError for bytes that are no message. */
export function parseRequest(bytes: Buffer): Request {
  const requestId = bytes.readInt32LE(4);
  const code = bytes.readInt32LE(12);
  if (code === opCode.message) return parseMessage(bytes, requestId);
  if (code === opCode.query) return parseQuery(bytes, requestId);
  throw new RangeError(`operation ${code} is not supported`);
}

function parseMessage(bytes: Buffer, requestId: number): Request {
  const flags = bytes.readUInt32LE(headerBytes);
  if (flags & 0xffff & ~(flag.checksumPresent | flag.moreToCome)) throw new RangeError('unknown required flags');
  const checked = (flags & flag.checksumPresent) !== 0;
  const end = bytes.length - (checked ? 4 : 0);
  if (checked && crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw new RangeError('a wrong checksum');
  let body: Raw | undefined;
  const sequences = new Map<string, readonly Raw[]>();
  for (let at = headerBytes + 4; at < end; ) {
    const kind = bytes[at++]!;
    if (kind === 0) {
      if (body !== undefined) throw new RangeError('a message has one body');
      checkDocument(bytes, at, end);
      body = rawDocument(bytes, at);
      at = body.end;
    } else if (kind === 1) {
      at = parseSequence(bytes, at, end, sequences);
    } else throw new RangeError(`section kind ${kind} is unknown`);
  }
  if (body === undefined) throw new RangeError('a message needs a body');
  return { requestId, form: 'message', body, sequences, silent: (flags & flag.moreToCome) !== 0 };
}

function parseSequence(bytes: Buffer, start: number, end: number, into: Map<string, readonly Raw[]>): number {
  const stop = start + bytes.readInt32LE(start);
  if (stop > end || stop < start + 5) throw new RangeError('a document sequence is longer than its message');
  const nameEnd = bytes.indexOf(0, start + 4);
  if (nameEnd < 0 || nameEnd >= stop) throw new RangeError('a document sequence has no name');
  const name = bytes.toString('utf8', start + 4, nameEnd);
  if (into.has(name)) throw storeError('FailedToParse', `Duplicate document sequence '${name}'`);
  const documents: Raw[] = [];
  for (let at = nameEnd + 1; at < stop; ) {
    checkDocument(bytes, at, stop);
    const document = rawDocument(bytes, at);
    documents.push(document);
    at = document.end;
  }
  into.set(name, documents);
  return stop;
}

function parseQuery(bytes: Buffer, requestId: number): Request {
  const nameEnd = bytes.indexOf(0, headerBytes + 4);
  if (nameEnd < 0) throw new RangeError('a query has no name');
  const at = nameEnd + 9;
  checkDocument(bytes, at, bytes.length);
  return { requestId, form: 'query', body: rawDocument(bytes, at), sequences: new Map(), silent: false };
}

let nextId = 1;

/** An answer to a request, in the form the request had. */
export function encodeReply(
  request: Pick<Request, 'requestId' | 'form'>,
  reply: Readonly<Record<string, unknown>>,
): Buffer {
  const out = new BsonWriter(512);
  const head = request.form === 'message' ? headerBytes + 5 : headerBytes + 20;
  out.reserve(head);
  out.bytes.fill(0, 0, head);
  out.length = head;
  out.document(reply);
  const { bytes } = out;
  bytes.writeInt32LE(out.length, 0);
  bytes.writeInt32LE(nextId++ & 0x7fff_ffff, 4);
  bytes.writeInt32LE(request.requestId, 8);
  bytes.writeInt32LE(request.form === 'message' ? opCode.message : opCode.reply, 12);
  if (request.form === 'query') {
    bytes.writeInt32LE(8, headerBytes);
    bytes.writeInt32LE(1, headerBytes + 16);
  }
  return out.taken();
}
