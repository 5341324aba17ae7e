// Protobuf's wire format written straight into one growing buffer: what Link sends, without an object for each part.

const firstCapacity = 4 * 1_024;
/** A buffer that grew beyond this for one large part is not kept. */
const keptCapacityMax = 1_024 * 1_024;
const encoder = new TextEncoder();

export class WireWriter {
  #buffer = Buffer.allocUnsafeSlow(firstCapacity);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, as a buffer of its own; the writer is empty afterwards. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    if (this.#buffer.length > keptCapacityMax) this.#buffer = Buffer.allocUnsafeSlow(firstCapacity);
    return taken;
  }

  /** An unsigned number below 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    let at = this.#length;
    while (rest > 0x7f) {
      this.#buffer[at] = (rest % 0x80) | 0x80;
      at += 1;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#buffer[at] = rest;
    this.#length = at + 1;
  }

  /** Bytes, with their length before them. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** Bytes without their length. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** Text as UTF-8, with its length before it. `size` is what `utf8Size` says. */
  text(value: string, size: number): void {
    this.varint(size);
    this.#reserve(size);
    if (size === value.length) this.#buffer.write(value, this.#length, size, 'latin1');
    else this.#buffer.set(encoder.encode(value), this.#length);
    this.#length += size;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Bytes of `varint(value)`. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** Bytes of a text as UTF-8; equal to its length only where it is ASCII. */
export function utf8Size(value: string): number {
  return Buffer.byteLength(value, 'utf8');
}

/** Bytes of a length-delimited value of this size, its length included. */
export function delimitedSize(size: number): number {
  return varintSize(size) + size;
}
