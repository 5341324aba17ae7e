// Checks of a map's entries: messages of a key and a value, of which either may be left out.

import { report, step } from '../path.ts';
import { textOf } from '../utf8.ts';
import { readLength, readTag, skipValue, wireType } from '../wire.ts';
import type { Check, ScalarCheck } from './check-scalar.ts';
import type { Walk } from './walk.ts';

export type ValueCheck = ScalarCheck & {
  /** Judges an entry without a value, which stands for the type's zero. */
  readonly absent: (walk: Walk) => boolean;
};

/** A key that would be no key of its own in many a JavaScript object. */
const forbiddenKey = '__proto__';

export function mapCheck(name: string, key: ScalarCheck, value: ValueCheck): Check {
  return (walk) => {
    const length = readLength(walk);
    if (length < 0) return false;
    const { end, steps } = walk;
    walk.end = walk.pos + length;
    step(walk, name, -1);
    let keys = 0;
    let values = 0;
    while (walk.pos < walk.end) {
      const tag = readTag(walk);
      if (tag === 0) return false;
      if (tag === ((1 << 3) | key.wire) && ++keys === 1) {
        const from = walk.pos;
        if (!key.check(walk, -1)) return false;
        if (key.wire === wireType.bytes) nameEntry(walk, from);
      } else if (tag === ((2 << 3) | value.wire) && ++values === 1) {
        if (!value.check(walk, -1)) return false;
      } else {
        if (tag >>> 3 < 3) report(walk, '', -1, 'has an entry with two keys, two values, or one of the wrong type');
        if (!skipValue(walk, tag & 7)) return false;
      }
    }
    if (values === 0 && !value.absent(walk)) return false;
    walk.steps = steps;
    walk.end = end;
    return true;
  };
}

/** Makes the key, just read, a step of the path. */
function nameEntry(walk: Walk, from: number): void {
  const pos = walk.pos;
  walk.pos = from;
  const length = readLength(walk);
  walk.pos = pos;
  const key = textOf(walk.bytes, pos - length, pos);
  if (key === forbiddenKey) report(walk, '', -1, `has the key ${forbiddenKey}`);
  step(walk, key, -1);
}
