// JSON text as it is written: UTF-8 bytes in one growing buffer, so that no text is made only to become bytes again.

import { Buffer } from 'node:buffer';
import { utf16Length } from '../utf8.ts';

const startBytes = 64 * 1024;
/** A buffer that one large text has grown beyond this is given back. */
const keptBytes = 1024 * 1024;
/** Up to here a loop is faster than a native copy. */
const loopLength = 40;
/** Digits of a whole number of 32 bit. */
const digitsMax = 10;

const quote = 0x22;
const zeroDigit = 0x30;

/** What a byte of a text is to JSON; a text is what all of its bytes are together. */
const plain = 0;
const beyondAscii = 1;
const escaped = 2;

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return beyondAscii;
  return byte < 0x20 || byte === quote || byte === 0x5c ? escaped : plain;
});

export class JsonWriter {
  #bytes = Buffer.allocUnsafeSlow(startBytes);
  #words = viewOf(this.#bytes);
  #length = 0;

  /** Bytes that were written since `reset`. */
  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > keptBytes) this.#use(Buffer.allocUnsafeSlow(startBytes));
  }

  /** What was written, valid until something is written again. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written, in memory of its own. */
  take(): Buffer {
    return Buffer.from(this.view());
  }

  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** Takes back what was written behind this length. */
  cut(length: number): void {
    this.#length = length;
  }

  /** True where just these bytes were written behind this length. */
  endsWith(bytes: Uint8Array, from: number): boolean {
    if (this.#length - from !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[from + i] !== bytes[i]) return false;
    return true;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** Bytes that are JSON already. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const to = this.#bytes;
    const at = this.#length;
    if (length > loopLength) to.set(bytes, at);
    else for (let i = 0; i < length; i++) to[at + i] = bytes[i]!;
    this.#length = at + length;
  }

  /** Text that is JSON already. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length * 3);
    if (length > loopLength) {
      this.#length += this.#bytes.write(text, this.#length, 'utf8');
      return;
    }
    const to = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#length = at + to.write(text, at, 'utf8');
        return;
      }
      to[at + i] = unit;
    }
    this.#length = at + length;
  }

  /** Writes again what was written from one length to another. */
  repeat(from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.copyWithin(this.#length, from, to);
    this.#length += to - from;
  }

  /** Any number that is finite. */
  number(value: number): void {
    if (value !== value >>> 0 || Object.is(value, -0)) {
      this.text(Object.is(value, -0) ? '-0' : `${value}`);
      return;
    }
    this.#reserve(digitsMax);
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits++;
    let rest = value;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = zeroDigit + (rest - tenth * 10);
      rest = tenth;
    }
    this.#length += digits;
  }

  /** The JSON string of this UTF-8, in quotes; what is not UTF-8 becomes U+FFFD. */
  quoted(bytes: Buffer, from: number, to: number): void {
    this.byte(quote);
    this.escaped(bytes, from, to);
    this.byte(quote);
  }

  /** The same without the quotes. */
  escaped(bytes: Buffer, from: number, to: number): void {
    const at = this.#length;
    this.#copy(bytes, from, to);
    const kind = this.#kindFrom(at);
    if (kind === plain || (kind === beyondAscii && utf16Length(bytes, from, to) >= 0)) return;
    this.#length = at;
    this.text(JSON.stringify(bytes.toString('utf8', from, to)).slice(1, -1));
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    const target = this.#bytes;
    const at = this.#length;
    if (to - from > loopLength) bytes.copy(target, at, from, to);
    else for (let i = from; i < to; i++) target[at + i - from] = bytes[i]!;
    this.#length = at + to - from;
  }

  /** What all bytes behind this length are together: four at a time as long as they are plain. */
  #kindFrom(from: number): number {
    const [bytes, words, end] = [this.#bytes, this.#words, this.#length];
    let at = from;
    for (; at + 4 <= end; at += 4) if (!arePlain(words.getInt32(at, true))) break;
    let kind = plain;
    for (; at < end; at++) kind |= kinds[bytes[at]!]!;
    return kind;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#use(larger);
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#words = viewOf(bytes);
  }
}

/** Text as bytes that are written often. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * True where none of four bytes is a quote, a backslash, a control character or beyond ASCII: a byte below n borrows
 * its highest bit when n is taken from it, and a byte that equals another is below 1 when that is crossed out.
 */
function arePlain(word: number): boolean {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const marked =
    word |
    ((word - 0x20202020) & ~word) |
    ((quotes - 0x01010101) & ~quotes) |
    ((backslashes - 0x01010101) & ~backslashes);
  return (marked & 0x80808080) === 0;
}
