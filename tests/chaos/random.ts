// Chance that can be repeated: the same seed gives the same numbers on every machine.

/** The next number, from 0 up to but not 1. */
export type Random = () => number;

/** Mulberry32: small, fast, and good enough to choose faults by. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Throws RangeError where there is nothing to choose from. */
export function oneOf<Value>(random: Random, values: readonly Value[]): Value {
  if (values.length === 0) throw new RangeError('nothing to choose from');
  return values[Math.floor(random() * values.length)] as Value;
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}
