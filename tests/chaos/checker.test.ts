import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import type { History } from './record.ts';

const pond = '000000000042';

/** Asha sends two messages to Ravi, and all is well. */
function well(): History {
  const log = [
    { seq: 1, request: '', messageId: '', sender: 'asha' },
    { seq: 2, request: 'a1', messageId: 'm1', sender: 'asha' },
    { seq: 3, request: 'a2', messageId: 'm2', sender: 'asha' },
  ];
  return {
    sent: [
      { client: 'asha', conversation: pond, request: 'a1', at: 10 },
      { client: 'asha', conversation: pond, request: 'a2', at: 20 },
    ],
    acknowledged: [
      { request: 'a1', seq: 2, messageId: 'm1', at: 15 },
      { request: 'a2', seq: 3, messageId: 'm2', at: 25 },
    ],
    seen: log.map(({ seq, request }) => ({ client: 'ravi', conversation: pond, seq, request, at: 30 })),
    logs: new Map([[pond, log]]),
    stays: [{ client: 'ravi', conversation: pond, from: 1, to: undefined }],
    faults: [],
    unread: [{ client: 'ravi', conversation: pond, told: 2, right: 2 }],
    foundByHeadChecks: [],
  };
}
const promisesBrokenBy = (change: Partial<History>) => check({ ...well(), ...change }).map(({ promise }) => promise);

describe('the checker', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(check(well())).toEqual([]);
  });
  it('finds an acknowledged message that is not in the log', () => {
    expect(promisesBrokenBy({ logs: new Map([[pond, well().logs.get(pond)!.slice(0, 2)]]) })).toContain(
      'no acknowledged message is lost',
    );
  });
  it('finds a message that is stored twice', () => {
    const log = [...well().logs.get(pond)!, { seq: 4, request: 'a2', messageId: 'm3', sender: 'asha' }];
    expect(promisesBrokenBy({ logs: new Map([[pond, log]]) })).toContain('nothing is stored twice');
  });
  it('finds a gap', () => {
    const log = well()
      .logs.get(pond)!
      .filter(({ seq }) => seq !== 2);
    expect(promisesBrokenBy({ logs: new Map([[pond, log]]) })).toContain('the log has no gap');
  });
  it('finds an entry that is shown twice, and one that is shown late', () => {
    expect(promisesBrokenBy({ seen: [...well().seen, well().seen[1]!] })).toContain(
      'every client sees each entry once, in order',
    );
    const seen = well().seen.map((entry) => ({ ...entry, at: 9_000 }));
    expect(promisesBrokenBy({ seen })).toContain('an event arrives in time');
    expect(promisesBrokenBy({ seen, faults: [{ name: 'kill', from: 0, to: 100 }] })).toEqual([]);
  });
  it('finds an entry that is never shown, and one that was never stored', () => {
    expect(promisesBrokenBy({ seen: well().seen.slice(0, 2) })).toEqual(['nobody misses anything after catching up']);
    const seen = well().seen.map((entry) => (entry.seq === 3 ? { ...entry, request: 'ghost' } : entry));
    expect(promisesBrokenBy({ seen })).toEqual(['what is seen is what is stored']);
  });
  it('finds somebody who sees what came after they were removed', () => {
    expect(promisesBrokenBy({ stays: [{ client: 'ravi', conversation: pond, from: 1, to: 2 }] })).toEqual([
      'nobody sees what they may not',
    ]);
  });
  it('finds wrong unread counts, and events that only a head check found', () => {
    expect(promisesBrokenBy({ unread: [{ client: 'ravi', conversation: pond, told: 1, right: 2 }] })).toEqual([
      'unread counts are right',
    ]);
    expect(promisesBrokenBy({ foundByHeadChecks: [{ at: 50, topics: 1 }] })).toEqual(['head checks find nothing']);
  });
});
