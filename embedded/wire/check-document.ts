// Checks that bytes are BSON before anything looks into them: every length within its parent, every type known,
// every string ended, at most as deep as MongoDB takes. After this, reading cannot leave the bytes.
import { storeError } from '../errors.ts';

/** Documents nest at most this deep, as in MongoDB (180 in its wire reader). */
export const depthMax = 180;

/** Throws InvalidBSON. */
export function checkDocument(bytes: Buffer, start: number, limit: number): void {
  check(bytes, start, limit, 0);
}

function bad(): Error {
  return storeError('InvalidBSON', 'the bytes are not a BSON document');
}

/** Answers where the document ends. */
function check(bytes: Buffer, start: number, limit: number, depth: number): number {
  if (depth > depthMax) throw storeError('Overflow', `documents nest deeper than ${depthMax}`);
  if (start + 5 > limit) throw bad();
  const end = start + bytes.readInt32LE(start);
  if (end > limit || end < start + 5 || bytes[end - 1] !== 0) throw bad();
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at++]!;
    while (bytes[at] !== 0) if (++at >= last) throw bad();
    at = checkValue(bytes, type, at + 1, last, depth);
    if (at > last) throw bad();
  }
  return end;
}

function checkValue(bytes: Buffer, type: number, at: number, last: number, depth: number): number {
  switch (type) {
    case 1:
    case 9:
    case 17:
    case 18:
      return at + 8;
    case 2:
    case 13:
    case 14:
      return checkString(bytes, at, last);
    case 3:
    case 4:
      return check(bytes, at, last, depth + 1);
    case 5: {
      if (at + 5 > last) throw bad();
      const length = bytes.readInt32LE(at);
      if (length < 0) throw bad();
      return at + 5 + length;
    }
    case 6:
    case 10:
    case 127:
    case 255:
      return at;
    case 7:
      return at + 12;
    case 8:
      if (bytes[at]! > 1) throw bad();
      return at + 1;
    case 11:
      return afterName(bytes, afterName(bytes, at, last), last);
    case 12:
      return checkString(bytes, at, last) + 12;
    case 15: {
      if (at + 8 > last) throw bad();
      const end = at + bytes.readInt32LE(at);
      if (end > last || end < at + 14) throw bad();
      if (check(bytes, checkString(bytes, at + 4, end), end, depth + 1) !== end) throw bad();
      return end;
    }
    case 16:
      return at + 4;
    case 19:
      return at + 16;
    default:
      throw bad();
  }
}

function checkString(bytes: Buffer, at: number, last: number): number {
  if (at + 5 > last) throw bad();
  const length = bytes.readInt32LE(at);
  const end = at + 4 + length;
  if (length < 1 || end > last || bytes[end - 1] !== 0) throw bad();
  return end;
}

function afterName(bytes: Buffer, from: number, last: number): number {
  let at = from;
  while (bytes[at] !== 0) if (++at >= last) throw bad();
  return at + 1;
}
