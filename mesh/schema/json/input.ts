// Protobuf bytes as they are read into JSON text: the cursor, the depth, and which fields came already.

import { Buffer } from 'node:buffer';
import { refuse } from '../../errors/refuse.ts';
import { limits } from '../limits.ts';
import type { Cursor } from '../wire.ts';

export type Input = Omit<Cursor, 'bytes'> & {
  bytes: Buffer;
  depth: number;
  /**
   * A message out of order was met: every further one is put in order before it is read, so that none is read twice.
   */
  careful: boolean;
  /** For each message being read, a byte for each of its fields and oneofs; `top` is behind the innermost's. */
  readonly seen: Uint8Array;
  top: number;
};

/** Fields of all messages open at a time: 32 of 128 fields each; more is refused as too deep. */
const seenMax = 8192;
const seen = new Uint8Array(seenMax);

export function inputOf(bytes: Uint8Array): Input {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes: buffer, pos: 0, end: buffer.length, low: 0, high: 0, depth: 0, careful: false, seen, top: 0 };
}

/** Takes so many bytes of `seen`, cleared, and returns where they begin. */
export function openSeen(input: Input, size: number): number {
  const base = input.top;
  input.top = base + size;
  if (input.top > seenMax) throw malformed();
  for (let i = base; i < input.top; i++) input.seen[i] = 0;
  return base;
}

export function goDeeper(input: Input): void {
  if (++input.depth > limits.depth + 1) throw malformed();
}

/** What is no protobuf of the message that it should be. */
export function malformed(): Error {
  return refuse('MALFORMED_FRAME');
}
