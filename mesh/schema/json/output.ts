// Protobuf bytes as they are written: one buffer for all, as one message is written before the next.

import { Buffer } from 'node:buffer';
import type { Violation } from '../../errors/circuit-error.ts';
import type { Path } from '../path.ts';

export type Output = Path & {
  buffer: Buffer;
  view: DataView;
  pos: number;
  violations: Violation[];
  /** How many objects and arrays that count as nesting the writing is inside of. */
  depth: number;
};

const startBytes = 64 * 1024;
/** A buffer that one large message has grown beyond this is given back. */
const keptBytes = 1024 * 1024;

export function newOutput(): Output {
  const buffer = Buffer.allocUnsafeSlow(startBytes);
  return { buffer, view: viewOf(buffer), pos: 0, violations: [], depth: 0, names: [], positions: [], steps: 0 };
}

/** What was written since `reset`, as bytes of their own. */
export function take(out: Output): Uint8Array {
  return Uint8Array.prototype.slice.call(out.buffer, 0, out.pos);
}

export function reset(out: Output): void {
  if (out.buffer.length > keptBytes) use(out, Buffer.allocUnsafeSlow(startBytes));
  out.pos = 0;
  out.depth = 0;
  out.steps = 0;
  if (out.violations.length > 0) out.violations = [];
}

/** Makes room for so many bytes more. */
export function ensure(out: Output, size: number): void {
  if (out.pos + size <= out.buffer.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(out.pos + size, out.buffer.length * 2));
  out.buffer.copy(larger, 0, 0, out.pos);
  use(out, larger);
}

function use(out: Output, buffer: Buffer): void {
  out.buffer = buffer;
  out.view = viewOf(buffer);
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Writes an unsigned number below 2^32; there is room. */
export function writeVarint32(out: Output, value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    out.buffer[out.pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out.buffer[out.pos++] = rest;
}

/** Writes a whole number from −2^53 to 2^53, a negative one in two's complement; there is room for 10 bytes. */
export function writeVarint(out: Output, value: number): void {
  if (value >= 0 && value <= 0x7fffffff) {
    writeVarint32(out, value);
    return;
  }
  let low = value >>> 0;
  let high = Math.floor(value / 0x100000000) >>> 0;
  while (high > 0 || low > 0x7f) {
    out.buffer[out.pos++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  out.buffer[out.pos++] = low;
}

/** Leaves a byte for the length of what is written next; `closeLength` takes the place that this returns. */
export function openLength(out: Output): number {
  ensure(out, 1);
  return ++out.pos;
}

/** Writes the length of what was written since; what takes more than a byte moves the rest aside. */
export function closeLength(out: Output, start: number): void {
  const length = out.pos - start;
  if (length < 0x80) {
    out.buffer[start - 1] = length;
    return;
  }
  const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
  ensure(out, more);
  out.buffer.copyWithin(start + more, start, out.pos);
  out.pos = start - 1;
  writeVarint32(out, length);
  out.pos += length;
}

const loopLength = 40;

/** Writes a length and a text in UTF-8; false, and nothing written, where it holds half a surrogate pair. */
export function writeText(out: Output, text: string): boolean {
  const length = text.length;
  ensure(out, length * 3 + 5);
  const { buffer } = out;
  if (length <= loopLength) {
    let at = out.pos + 1;
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      buffer[at++] = unit;
    }
    if (i === length) {
      buffer[out.pos] = length;
      out.pos = at;
      return true;
    }
  }
  if (!isWellFormed(text)) return false;
  const start = openLength(out);
  out.pos += buffer.write(text, start, 'utf8');
  closeLength(out, start);
  return true;
}

function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}
