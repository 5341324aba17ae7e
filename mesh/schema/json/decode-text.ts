// Encoded text to a JSON string.

import type { Buffer } from 'node:buffer';

/** Up to here a loop is faster than a native slice. */
const loopLength = 40;

/** The JSON string of these bytes, in quotes; what is not UTF-8 becomes U+FFFD. */
export function quoted(bytes: Buffer, from: number, to: number): string {
  return `"${escaped(bytes, from, to)}"`;
}

function escaped(bytes: Buffer, from: number, to: number): string {
  if (to - from <= loopLength) {
    let text = '';
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!;
      if (!isPlain(byte)) return slow(bytes, from, to);
      text += String.fromCharCode(byte);
    }
    return text;
  }
  const text = bytes.toString('latin1', from, to);
  return notPlain.test(text) ? slow(bytes, from, to) : text;
}

/** The same as `isPlain`, for a whole text: it takes two thirds of the time of a loop over the bytes. */
const notPlain = /[^ !#-[\]-~]/;

/** ASCII that stands for itself in JSON. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
}

function slow(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to);
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return JSON.stringify(text).slice(1, -1);
  }
  return text;
}
