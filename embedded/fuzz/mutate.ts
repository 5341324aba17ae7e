// For the fuzzer: two ways to spoil a command. One spoils its values and stays BSON; one spoils its bytes.
import { encodeCommand } from '../wire/raw-client.ts';
import { commands, oddValues } from './commands.ts';

export type Random = (below: number) => number;

/** A small generator with a seed, so that a run can be had again (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!;

/** A command in which up to three values, or names, are others. */
export function oddCommand(random: Random): object {
  let command = pick(random, commands);
  for (let i = random(3); i >= 0; i--) command = replaceSomewhere(random, command) as object;
  return { ...command, $db: 't' };
}

function replaceSomewhere(random: Random, value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const at = random(value.length);
    return value.map((each, i) => (i === at ? replaceSomewhere(random, each) : each));
  }
  if (isPlain(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return pick(random, oddValues);
    const at = random(entries.length);
    const [name, inner] = entries[at]!;
    // The command's own name stays, mostly, so that it reaches the command.
    const odd: [string, unknown] =
      random(8) === 0
        ? [pick(random, ['$x', 'a.$', '$[]', 'a.$[q]', '', '0', name]), inner]
        : [name, replaceSomewhere(random, inner)];
    return Object.fromEntries(entries.map((entry, i) => (i === at ? odd : entry)));
  }
  return pick(random, oddValues);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** A message whose bytes are spoiled: flipped, cut, doubled, lengths changed. Its own length is mostly put right. */
export function oddBytes(random: Random): Buffer {
  let bytes = encodeCommand(pick(random, commands), 7);
  for (let i = random(4); i >= 0; i--) bytes = spoil(random, bytes);
  if (random(10) > 0 && bytes.length >= 4) bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}

const oddLengths = [0, 1, 4, 5, -1, 0x7fff_ffff, -0x8000_0000, 48_000_001, 100];

function spoil(random: Random, bytes: Buffer): Buffer {
  const at = 12 + random(Math.max(1, bytes.length - 12));
  const out = Buffer.from(bytes);
  switch (random(5)) {
    case 0:
      if (at < out.length) out[at] = random(256);
      return out;
    case 1:
      if (at + 4 <= out.length) out.writeInt32LE(pick(random, oddLengths), at);
      return out;
    case 2:
      return out.subarray(0, Math.max(21, at));
    case 3:
      return Buffer.concat([out.subarray(0, at), out.subarray(at - random(at)), out.subarray(at)]).subarray(0, 100_000);
    default:
      if (at < out.length) out[at] = out[at]! ^ (1 << random(8));
      return out;
  }
}
