import { describe, expect, it } from 'vitest';
import { emptyHistory, type History } from '../record.ts';
import { proofOf } from './proof.ts';
import { recoveryMs, unpublishedMs } from './time.ts';
import { freeMs } from './windows.ts';

const pond = '000000000042';

/** One message, acknowledged and shown so late, at each of these times. */
function shown(lateMs: number, ...times: readonly number[]): Pick<History, 'acknowledged' | 'seen'> {
  const place = (index: number) => ({ conversation: pond, seq: index + 1, what: `message ${index}` });
  return {
    acknowledged: times.map((at, index) => ({ client: 'asha', ...place(index), at })),
    seen: times.map((at, index) => ({ client: 'ravi', ...place(index), at: at + lateMs })),
  };
}

describe('what is under proof', () => {
  const kill = { name: 'kill chat-1', from: 20_000, to: 30_000 };
  const history = { ...emptyHistory, actedMs: 100_000, faults: [kill] };

  it('is all but faults and the time after them; a clock that is off excuses nothing', () => {
    expect(proofOf(history).timeShare).toBe((100_000 - 10_000 - recoveryMs) / 100_000);
    expect(proofOf({ ...history, faults: [{ ...kill, name: 'clock chat-1' }] }).timeShare).toBe(1);
  });

  it('is less of head checks, which a killed chat process excuses for longer', () => {
    expect(proofOf(history).headCheckShare).toBe((100_000 - 10_000 - unpublishedMs) / 100_000);
    const edge = { ...history, faults: [{ ...kill, name: 'kill edge-1' }] };
    expect(proofOf(edge).headCheckShare).toBe(proofOf(edge).timeShare);
  });

  it('counts what arrived then, and how slow the slowest of it was', () => {
    const proof = proofOf({ ...history, ...shown(40, 5_000, 25_000, 90_000) });
    expect(proof).toMatchObject({ arrivals: 2, arrivalsInAll: 3, slowestMs: 40, recoveredMs: 0 });
  });

  it('says how long after a fault something was still late', () => {
    expect(proofOf({ ...history, ...shown(5_000, 31_000) }).recoveredMs).toBe(6_000);
    const refusal = {
      client: 'ravi',
      call: 'message.send',
      reason: 'TIMED_OUT',
      excused: false,
      from: 37_000,
      to: 39_000,
    };
    expect(proofOf({ ...history, refusals: [refusal] }).recoveredMs).toBe(7_000);
    const met = { ...refusal, from: 18_000, to: 23_000 };
    expect(proofOf({ ...history, refusals: [met], away: [{ client: 'ravi', from: 0, to: 21_000 }] }).recoveredMs).toBe(
      0,
    );
  });
});

it('time that nothing covers, where windows overlap and reach beyond the end', () => {
  const windows = [
    { from: 50, to: 200 },
    { from: 10, to: 20 },
    { from: 15, to: 18 },
  ];
  expect(freeMs(100, windows, 5)).toBe(10 + (50 - 25));
  expect(freeMs(100, [], 5)).toBe(100);
});
