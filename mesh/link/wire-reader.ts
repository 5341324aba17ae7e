// Protobuf's wire format read in place: numbers, views and texts, without an object for each part.

import { refuse } from '../errors/refuse.ts';
import { textOf } from '../schema/utf8.ts';

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  get more(): boolean {
    return this.#at < this.#end;
  }

  /** An unsigned number below 2^53, a tag included. Throws MALFORMED_FRAME when it is longer or cut off. */
  varint(): number {
    let byte = this.#next();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      if (scale > 2 ** 49) throw malformed();
      byte = this.#next();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed();
    return value;
  }

  /** A view of the next length-delimited value. It pins the whole message: copy what is kept. */
  view(): Buffer {
    const from = this.#skipDelimited();
    return this.#bytes.subarray(from, this.#at);
  }

  text(): string {
    const from = this.#skipDelimited();
    return textOf(this.#bytes, from, this.#at);
  }

  /** The same, for a text that is probably this one: then no other is made of its bytes. */
  textLike(known: string): string {
    const from = this.#skipDelimited();
    const { length } = known;
    if (this.#at - from !== length) return textOf(this.#bytes, from, this.#at);
    for (let i = 0; i < length; i += 1) {
      const byte = this.#bytes[from + i] as number;
      // Beyond ASCII a byte is no unit of the text.
      if (byte !== known.charCodeAt(i) || byte > 0x7f) return textOf(this.#bytes, from, this.#at);
    }
    return known;
  }

  /** Enters a nested message: reading ends where it ends. Returns where the outer one does, for `leave`. */
  enter(): number {
    const from = this.#skipDelimited();
    const outerEnd = this.#end;
    this.#end = this.#at;
    this.#at = from;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#at = this.#end;
    this.#end = outerEnd;
  }

  /** Passes over a field that is not known here. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === varint) this.varint();
    else if (wireType === delimited) this.#skipDelimited();
    else if (wireType === fixed64) this.#advance(8);
    else if (wireType === fixed32) this.#advance(4);
    else throw malformed();
  }

  #next(): number {
    if (this.#at >= this.#end) throw malformed();
    const byte = this.#bytes[this.#at] as number;
    this.#at += 1;
    return byte;
  }

  #skipDelimited(): number {
    const size = this.varint();
    const from = this.#at;
    this.#advance(size);
    return from;
  }

  #advance(size: number): void {
    if (size > this.#end - this.#at) throw malformed();
    this.#at += size;
  }
}

function malformed(): Error {
  return refuse('MALFORMED_FRAME');
}
