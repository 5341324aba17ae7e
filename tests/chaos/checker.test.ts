import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import { emptyHistory, type History, type Logged } from './record.ts';

const pond = '000000000042';
const refusal = { client: 'ravi', call: 'message.send', reason: 'INTERNAL', excused: false, from: 1, to: 2 };

function message(seq: number, id: string): Logged {
  return { seq, what: `message ${id}`, once: `asha ${id}`, sender: 'asha', came: [], went: [] };
}

/** Asha sends two messages to Ravi, and all is well. */
function well(): History {
  const made = { seq: 1, what: 'created', once: '', sender: '', came: ['asha', 'ravi'], went: [] };
  const log = [made, message(2, 'm1'), message(3, 'm2')];
  return {
    ...emptyHistory,
    acknowledged: [
      { client: 'asha', conversation: pond, what: 'message m1', seq: 2, at: 15 },
      { client: 'asha', conversation: pond, what: 'message m2', seq: 3, at: 25 },
    ],
    seen: log.map(({ seq, what }) => ({ client: 'ravi', conversation: pond, seq, what, at: 30 })),
    logs: new Map([[pond, log]]),
    stays: [{ client: 'ravi', conversation: pond, from: 1, to: undefined, seesFrom: 1 }],
    lines: [
      {
        client: 'ravi',
        user: 'ravi',
        conversation: pond,
        unread: 1,
        readSeq: 2,
        lastSeq: 3,
        acknowledgedRead: 2,
      },
    ],
    views: [{ client: 'ravi', conversation: pond, shown: ['2 hi'], stored: ['2 hi'] }],
  };
}
const log = () => [...well().logs.get(pond)!];
const broken = (change: Partial<History>) => [
  ...new Set(check({ ...well(), ...change }).map(({ promise }) => promise)),
];

describe('the checker', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(check(well())).toEqual([]);
  });

  it('finds what was acknowledged and is not in the log, or is elsewhere in it', () => {
    const shorter = { logs: new Map([[pond, log().slice(0, 2)]]) };
    expect(broken(shorter)).toContain('no acknowledged message is lost');
    const [first, ...others] = well().acknowledged;
    expect(broken({ acknowledged: [{ ...first!, seq: 3 }, ...others] })).toEqual(['no acknowledged message is lost']);
    const edited = { ...first!, seq: undefined, what: 'edited m1' };
    expect(broken({ acknowledged: [edited] })).toEqual(['no acknowledged message is lost']);
  });

  it('finds a message that is stored twice', () => {
    expect(broken({ logs: new Map([[pond, [...log(), { ...message(4, 'm3'), once: 'asha m2' }]]]) })).toContain(
      'nothing is stored twice',
    );
  });

  it('finds a gap', () => {
    const gap = log().filter(({ seq }) => seq !== 2);
    expect(broken({ logs: new Map([[pond, gap]]) })).toContain('the log has no gap');
  });

  it('finds an entry that is shown twice, or as something that it is not', () => {
    const { seen } = well();
    expect(broken({ seen: [...seen, seen[1]!] })).toEqual(['every client sees each entry once, in order']);
    const ghost = seen.map((entry) => (entry.seq === 3 ? { ...entry, what: 'message ghost' } : entry));
    expect(broken({ seen: ghost })).toEqual(['what is seen is what is stored']);
  });

  it('finds an entry that is shown late, unless a fault or the client’s own absence explains it', () => {
    const seen = well().seen.map((entry) => ({ ...entry, at: 9_000 }));
    expect(broken({ seen })).toEqual(['an event arrives in time']);
    const faults = [{ name: 'kill', from: 0, to: 100 }];
    expect(broken({ seen, faults })).toEqual([]);
    expect(broken({ seen, away: [{ client: 'ravi', from: 20, to: 8_000 }], faults })).toEqual([]);
    expect(
      broken({
        seen: seen.map((entry) => ({ ...entry, at: 90_000 })),
        faults: [{ ...faults[0]!, from: -9e4, to: -8e4 }],
      }),
    ).toEqual(['an event arrives in time']);
  });

  it('finds an entry that is never shown', () => {
    expect(broken({ seen: well().seen.slice(0, 2) })).toEqual(['nobody misses anything after catching up']);
    expect(broken({ seen: [] })).toEqual(['nobody misses anything after catching up']);
  });

  it('finds somebody who sees what came after they were removed, or before they came', () => {
    const [stay] = well().stays;
    expect(broken({ stays: [{ ...stay!, to: 2 }] })).toEqual(['nobody sees what they may not']);
    expect(broken({ stays: [{ ...stay!, from: 2 }], lines: [] })).toContain('nobody sees what they may not');
  });

  it('finds wrong lines: unread, read position, last number', () => {
    const [line] = well().lines;
    for (const wrong of [{ unread: 2 }, { readSeq: 1 }, { readSeq: 4 }, { lastSeq: 2 }]) {
      expect(broken({ lines: [{ ...line!, ...wrong }] })).toEqual(['unread counts and read positions are right']);
    }
  });

  it('finds a view that shows something else, or more, or less', () => {
    const view = { client: 'ravi', conversation: pond, stored: ['2 hi', '3 there'] };
    for (const shown of [['2 hi'], ['2 hi', '3 you'], ['2 hi', '3 there', '4 ghost']]) {
      expect(broken({ views: [{ ...view, shown }] })).toEqual(['what an app shows is what is stored']);
    }
  });

  it('finds connections lost, calls refused, processes ended and heads behind for no reason', () => {
    expect(broken({ away: [{ client: 'ravi', from: 10, to: 20 }] })).toEqual([
      'nobody loses their connection for no reason',
    ]);
    const faults = [{ name: 'cut', from: 0, to: 10 }];
    expect(broken({ refusals: [refusal], faults })).toEqual(['nothing is refused for no reason']);
    expect(broken({ refusals: [{ ...refusal, excused: true }] })).toEqual([]);
    const late = [{ ...refusal, reason: 'TIMED_OUT' }];
    expect(broken({ refusals: late })).toEqual(['nothing is refused for no reason']);
    expect(broken({ refusals: late, faults })).toEqual([]);
    expect(broken({ unanswered: ['ravi: 2'] })).toEqual(['everything is answered in the end']);
    expect(broken({ deaths: [{ process: 'edge-1', at: 9 }] })).toEqual(['no process dies by itself']);
    const found = { foundByHeadChecks: [{ at: 50_000, topics: 1 }] };
    expect(broken(found)).toEqual(['head checks find nothing']);
    expect(broken({ ...found, faults: [{ name: 'cut', from: 40_000, to: 41_000 }] })).toEqual([]);
  });
});
