// A keyed permutation of the numbers below 10^12: each comes out once, in an order that nobody without the key can
// continue or count. A Feistel network over 40 bits, whose results at or above 10^12 go through it again until they
// fall below (cycle walking; 1.1 rounds of it on average), so that it stays one to one.

import { createCipheriv, hkdfSync } from 'node:crypto';

export const idsMax = 1_000_000_000_000;

const halfBits = 20;
const half = 2 ** halfBits;
/** As many as NIST SP 800-38G's FF1 takes for its Feistel network. */
const rounds = 10;
const blockBytes = 16;

/** Where a run of numbers from `first` on comes out. Numbers of one family never meet; each family has its own key. */
export function permute(key: string, family: string, first: number, count: number): readonly number[] {
  if (first < 0 || first + count > idsMax) throw new Error(`The ids of ${family} are used up.`);
  const familyKey = Buffer.from(hkdfSync('sha256', key, '', `circuit id ${family}`, blockBytes));
  let current = Array.from({ length: count }, (_, index) => first + index);
  const outside = () => [...current.keys()].filter((index) => (current[index] ?? 0) >= idsMax);

  current = encrypt(familyKey, current);
  for (let again = outside(); again.length > 0; again = outside()) {
    const walked = encrypt(
      familyKey,
      again.map((index) => current[index] ?? 0),
    );
    for (const [place, index] of again.entries()) current[index] = walked[place] ?? 0;
  }
  return current;
}

/** One pass over 40 bits of all numbers at once: each round asks the cipher once for the whole run. */
function encrypt(key: Buffer, numbers: readonly number[]): number[] {
  // Typed arrays and views: every message's id passes here ten times.
  const left = Uint32Array.from(numbers, (value) => Math.floor(value / half));
  const right = Uint32Array.from(numbers, (value) => value % half);
  const input = viewOf(Buffer.alloc(numbers.length * blockBytes));
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < right.length; index += 1) {
      input.setUint32(index * blockBytes, round);
      input.setUint32(index * blockBytes + 4, right[index] ?? 0);
    }
    // ECB is right here: it is AES itself as the round's function.
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    const output = viewOf(cipher.update(input));
    for (let index = 0; index < right.length; index += 1) {
      const mixed = ((left[index] ?? 0) ^ output.getUint32(index * blockBytes)) & (half - 1);
      left[index] = right[index] ?? 0;
      right[index] = mixed;
    }
  }
  return Array.from(left, (high, index) => high * half + (right[index] ?? 0));
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
