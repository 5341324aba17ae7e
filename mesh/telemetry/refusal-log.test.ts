import { describe, expect, it } from 'vitest';
import { openLog } from './log.ts';
import { RefusalLog, refusalsAtOnce, refusalsPerSecond } from './refusal-log.ts';

function open() {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const log = openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } });
  const refusals = new RefusalLog(log, () => now);
  return { lines, refusals, pass: (ms: number) => (now += ms) };
}

describe('the log of refusals', () => {
  it('writes so many lines and no more, and says how many it left out', () => {
    const { lines, refusals, pass } = open();
    for (let n = 0; n < refusalsAtOnce + 7; n++) refusals.refused({ reason: 'INVALID_REQUEST' });
    expect(lines).toHaveLength(refusalsAtOnce);
    pass(1_000);
    for (let n = 0; n < 2 * refusalsPerSecond; n++) refusals.refused({ reason: 'INVALID_REQUEST' });
    expect(lines).toHaveLength(refusalsAtOnce + refusalsPerSecond);
    expect(lines[refusalsAtOnce]).toMatchObject({ level: 'info', reason: 'INVALID_REQUEST', untold: 7 });
  });

  it('leaves out what is told where it comes about', () => {
    const { lines, refusals } = open();
    for (const reason of ['INTERNAL', 'STORE_UNAVAILABLE', 'CANCELLED'] as const) refusals.refused({ reason });
    expect(lines).toEqual([]);
  });
});
