import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendMetrics } from './append-metrics.ts';
import { Appender } from './appender.ts';
import { openTestLogs, type Process, type TestLogs } from './testing/test-logs.ts';

type Numbered = Document & { readonly _id: string };

let logs: TestLogs;
let here: Process;

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
});
afterAll(() => logs.close());

const numbered = (log: string, from: number, count: number): readonly Numbered[] =>
  Array.from({ length: count }, (_, at) => ({ _id: `${log}${from + at}` }));

describe('runs of several logs that wait at the same time', () => {
  it('go in one insert; those behind a failure go with the next, as they were decided', async () => {
    const inserts: (readonly string[])[] = [];
    here.flaky.fate = (collection, _method, [documents]) => {
      if (collection !== 'numbers') return 'done';
      inserts.push((documents as readonly Numbered[]).map(({ _id }) => _id));
      return 'done';
    };
    await logs.db.collection<Numbered>('numbers').insertOne({ _id: 'b2' });
    const appender = new Appender<Numbered>(here.flaky.db.collection('numbers'), appendMetrics(undefined, 'numbers'));
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((log) => appender.insert(numbered(log, 1, 3), false)));
    expect(outcomes.map((own) => own.map(({ kind }) => kind))).toEqual([
      ['stored', 'stored', 'stored'],
      ['stored', 'duplicate', 'untried'],
      ['stored', 'stored', 'stored'],
      ['stored', 'stored', 'stored'],
    ]);
    expect(inserts).toEqual([
      ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3', 'd1', 'd2', 'd3'],
      ['c1', 'c2', 'c3', 'd1', 'd2', 'd3'],
    ]);
    here.flaky.fate = () => 'done';
  });

  it('are at most 500 entries together, and 16 logs', async () => {
    const sizes: number[] = [];
    here.flaky.fate = (collection, _method, [documents]) => {
      if (collection !== 'numbers') return 'done';
      sizes.push((documents as readonly Numbered[]).length);
      return 'done';
    };
    const appender = new Appender<Numbered>(here.flaky.db.collection('numbers'), appendMetrics(undefined, 'numbers'));
    const long = ['e', 'f', 'g'].map((log) => appender.insert(numbered(log, 1, 250), false));
    const short = Array.from({ length: 20 }, (_, at) => appender.insert(numbered(`s${at}:`, 1, 2), false));
    await Promise.all([...long, ...short]);
    expect(sizes).toEqual([500, 250 + 15 * 2, 5 * 2]);
    here.flaky.fate = () => 'done';
  });
});
