import { describe, expect, it } from 'vitest';
import { silentLog } from '../telemetry/log.ts';
import { openMetrics } from '../telemetry/metrics.ts';
import { Admission } from './admission.ts';

const never = [1e6, 2e6, 3e6] as const;
const quiet = { log: silentLog(), loopDelayMs: never, memoryShare: never };

describe('what a process takes', () => {
  it('is less the fuller its own queue is: first sends are taken alone, then nothing', () => {
    const metrics = openMetrics();
    let full = 0;
    const admission = new Admission({ ...quiet, metrics, waiting: () => full });
    const refused = (share: number) => {
      full = share;
      return (['low', 'normal', 'high'] as const).filter((importance) => admission.objectionTo(importance));
    };
    expect([0, 0.2, 0.25, 0.5, 1].map(refused)).toEqual([
      [],
      [],
      ['low'],
      ['low', 'normal'],
      ['low', 'normal', 'high'],
    ]);
    expect(refused(0)).toEqual([]);
    // A queue that is named counts instead.
    full = 1;
    expect(admission.objectionTo('low', 0)).toBeUndefined();
    admission.close();
    metrics.close();
  });

  it('is less while memory is short', async () => {
    const admission = new Admission({ ...quiet, memoryShare: [0, 0, 1e6], metrics: undefined });
    await expect.poll(() => admission.objectionTo('normal')?.reason, { timeout: 10_000 }).toBe('OVERLOADED');
    expect([admission.level, admission.objectionTo('high')]).toEqual([2, undefined]);
    admission.close();
  });
});
