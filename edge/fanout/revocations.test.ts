import { describe, expect, it } from 'vitest';
import { revocationMs, revocationsMax } from '../limits.ts';
import { Revocations } from './revocations.ts';

describe('revocations', () => {
  it('are remembered by user and topic, the latest number counts', () => {
    const revocations = new Revocations();
    revocations.add('u1', 'c:1', 7, 1_000);
    revocations.add('u1', 'c:1', 5, 1_001);
    expect([revocations.latest('u1', 'c:1'), revocations.latest('u1', 'c:2'), revocations.latest('u2', 'c:1')]).toEqual(
      [7, 0, 0],
    );
  });

  it('say since when they are complete, after time or number made them forget', () => {
    const revocations = new Revocations();
    revocations.add('u1', 'c:1', 7, 1_000);
    expect(revocations.covers(1)).toBe(true);
    revocations.expire(1_001 + revocationMs);
    expect([revocations.latest('u1', 'c:1'), revocations.covers(1_000), revocations.covers(1_001)]).toEqual([
      0,
      false,
      true,
    ]);
    for (let n = 0; n <= revocationsMax; n++) revocations.add(`u${n}`, 'c:1', 1, 5_000 + n);
    expect([revocations.covers(5_000), revocations.covers(5_001)]).toEqual([false, true]);
  });
});
