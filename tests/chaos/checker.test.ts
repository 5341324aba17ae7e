import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import { emptyHistory, type History, type Line, type Logged, type Mark } from './record.ts';

const pond = '000000000042';
const refusal = { client: 'ravi', call: 'message.send', reason: 'INTERNAL', excused: false, from: 1, to: 2 };

function message(seq: number, id: string): Logged {
  return { seq, what: `message ${id}`, once: `asha ${id}`, sender: 'asha', came: [], went: [] };
}

function mark(user: string, deliveredSeq: number, readSeq: number): Mark {
  return { user, deliveredSeq, readSeq };
}

function line(user: string): Line {
  const place = { client: user, user, conversation: pond, lastSeq: 3, previewSeq: 3, fromBefore: 0 };
  return { ...place, ...mark(user, 0, 0), unread: 0, others: [], shown: [], receipts: undefined };
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
    stays: ['ravi', 'asha'].map((client) => {
      return { client, conversation: pond, from: 1, to: undefined, seesFrom: client === 'ravi' ? 1 : 4 };
    }),
    reads: [{ user: 'ravi', conversation: pond, seq: 2, from: 35, at: 40 }],
    told: [{ client: 'asha', conversation: pond, user: 'ravi', readSeq: 2, at: 45 }],
    lines: [
      { ...line('asha'), readSeq: 0, deliveredSeq: 0, others: [mark('ravi', 3, 2)], shown: [mark('ravi', 2, 2)] },
      { ...line('ravi'), unread: 1, readSeq: 2, deliveredSeq: 3, others: [mark('asha', 0, 0)] },
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
    for (const seen of [well().seen.slice(0, 2), []]) {
      expect(broken({ seen })).toContain('nobody misses anything after catching up');
    }
  });

  it('finds somebody who sees what came after they were removed, or before they came', () => {
    const [stay] = well().stays;
    expect(broken({ stays: [{ ...stay!, to: 2 }] })).toEqual(['nobody sees what they may not']);
    expect(broken({ stays: [{ ...stay!, from: 2 }], lines: [] })).toContain('nobody sees what they may not');
  });

  it('finds words of a message from before somebody came: in an edit, in history, in the list', () => {
    const [asha, ravi] = well().lines;
    const later = {
      stays: well().stays.map((stay) => (stay.client === 'ravi' ? { ...stay, from: 3, seesFrom: 3 } : stay)),
    };
    const seen = well().seen.filter(({ seq }) => seq === 3);
    const quiet = { ...later, seen, lines: [asha!, { ...ravi!, unread: 0 }] };
    expect(broken(quiet)).toEqual([]);
    const edit = { ...seen[0]!, words: 'message m1' };
    expect(broken({ ...quiet, seen: [edit] })).toEqual(['nobody sees what they may not']);
    expect(broken({ ...quiet, seen: [{ ...edit, words: 'message m2' }] })).toEqual([]);
    for (const wrong of [{ fromBefore: 1 }, { previewSeq: 2 }]) {
      expect(broken({ ...quiet, lines: [asha!, { ...ravi!, unread: 0, ...wrong }] })).toEqual([
        'nobody sees what they may not',
      ]);
    }
  });

  it('finds wrong lines: unread, read position, last number', () => {
    const [asha, ravi] = well().lines;
    for (const wrong of [{ unread: 2 }, { readSeq: 1 }, { readSeq: 4 }, { lastSeq: 2 }]) {
      expect(broken({ lines: [asha!, { ...ravi!, ...wrong }] })).toContain(
        'unread counts and read positions are right',
      );
    }
  });

  it('finds somebody who is told of others what those have not, or less', () => {
    const [asha, ravi] = well().lines;
    const told = ['everybody is told how far the others are'];
    for (const wrong of [
      { others: [mark('ravi', 2, 2)] },
      { others: [mark('ravi', 3, 3)] },
      { others: [] },
      { shown: [mark('ravi', 3, 3)] },
      { receipts: { seq: 3, delivered: [], read: [] } },
      { receipts: { seq: 3, delivered: ['ravi'], read: ['ravi'] } },
    ]) {
      expect(broken({ lines: [{ ...asha!, ...wrong }, ravi!] })).toEqual(told);
    }
    const right = { receipts: { seq: 2, delivered: ['ravi'], read: ['ravi'] }, shown: [] };
    expect(broken({ lines: [{ ...asha!, ...right }, ravi!] })).toEqual([]);
    expect(broken({ lines: [asha!, ravi!, { ...ravi!, client: 'ravi/laptop', deliveredSeq: 2 }] })).toContain(told[0]);
  });

  it('finds marks beyond what devices got and read, and short of it', () => {
    const [asha, ravi] = well().lines;
    const others = (deliveredSeq: number, readSeq: number) => [
      { ...asha!, others: [mark('ravi', deliveredSeq, readSeq)] },
    ];
    const taken = 'nobody is taken to have got or read what they did not';
    expect(broken({ lines: [...others(2, 2), { ...ravi!, deliveredSeq: 2 }] })).toEqual([taken]);
    expect(broken({ lines: [...others(4, 2), { ...ravi!, deliveredSeq: 4 }] })).toEqual([taken]);
    expect(broken({ lines: [...others(3, 3), { ...ravi!, readSeq: 3, unread: 0 }] })).toEqual([taken]);
  });

  it('finds a sender who is not told in time who has read', () => {
    const late = ['who is read is told in time'];
    const [told] = well().told;
    expect(broken({ told: [] })).toEqual(late);
    expect(broken({ told: [{ ...told!, at: 4_000 }] })).toEqual(late);
    expect(broken({ told: [], faults: [{ name: 'kill chat-1', from: 0, to: 10 }] })).toEqual([]);
    expect(broken({ told: [], away: [{ client: 'asha', from: 30, to: 60 }], faults: [] })).not.toContain(late[0]);
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
    const minute = { from: 0, to: 1_000 };
    expect(broken({ ...found, faults: [{ name: 'cut edge-1', ...minute }] })).toEqual(['head checks find nothing']);
    expect(broken({ ...found, faults: [{ name: 'kill chat-1', ...minute }] })).toEqual([]);
    expect(broken({ ...found, faults: [{ name: 'kill edge-1', ...minute }] })).toEqual(['head checks find nothing']);
  });
});
