import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawOf } from '../bson/build.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import { planIndex } from '../planner/plan.ts';
import { parseFilter } from '../query/parse-filter.ts';
import { Scan } from '../query/scan.ts';
import { Catalog } from './catalog.ts';
import { Environment } from './environment.ts';

let folder: string;
let environment: Environment;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-environment-'));
  environment = new Environment(folder);
});

afterEach(async () => {
  await environment.close();
  rmSync(folder, { recursive: true });
});

async function reopen(): Promise<void> {
  await environment.close();
  environment = new Environment(folder);
}

const key = (text: string) => Buffer.from(text);

describe('jobs of one commit', () => {
  it('that fail half-way fail alone, and leave nothing of theirs', async () => {
    const tree = environment.tree('a');
    const runs = [0, 0, 0];
    const jobs = await Promise.allSettled([
      environment.write(() => {
        runs[0]!++;
        tree.put(key('first'), key('1'));
        return 'first';
      }),
      environment.write(() => {
        runs[1]!++;
        tree.put(key('half'), key('1'));
        throw new Error('no further');
      }),
      environment.write(() => {
        runs[2]!++;
        tree.put(key('last'), key('1'));
        return tree.has(key('first'));
      }),
    ]);
    expect(jobs).toMatchObject([
      { status: 'fulfilled', value: 'first' },
      { status: 'rejected', reason: { message: 'no further' } },
      { status: 'fulfilled', value: true },
    ]);
    expect(runs).toEqual([2, 1, 1]);
    expect([tree.has(key('first')), tree.has(key('half')), tree.has(key('last'))]).toEqual([true, false, true]);
  });

  it('take back what they changed in memory when their commit is not kept', async () => {
    const tree = environment.tree('a');
    const undone: string[] = [];
    await Promise.allSettled([
      environment.write(() => {
        environment.onAbort(() => undone.push('first'));
        tree.put(key('x'));
      }),
      environment.write(() => {
        tree.put(key('y'));
        throw new Error('no');
      }),
    ]);
    expect(undone).toEqual(['first']);
  });

  it('are seen by readers only once they are committed', async () => {
    const tree = environment.tree('a');
    let inside = false;
    const write = environment.write(() => {
      tree.put(key('x'), key('1'));
      inside = tree.has(key('x'));
    });
    expect(tree.has(key('x'))).toBe(false);
    await write;
    expect([inside, tree.has(key('x'))]).toEqual([true, true]);
    await reopen();
    expect(environment.tree('a').get(key('x'))).toEqual(key('1'));
  });
});

describe('the catalogue', () => {
  it('remembers that an index has arrays, also when the first commit that said so was not kept', async () => {
    const catalog = new Catalog(environment);
    const rows = await catalog.create('t.rows');
    const index = await catalog.prepareIndex(parseIndexSpec(rawOf({ v: 2, key: { a: 1 }, name: 'a' })));
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(rows, [...rows.indexes, index]));
    const stray = environment.tree('stray');
    const [inserted] = await Promise.allSettled([
      environment.write(() => rows.insert(rawOf({ _id: 1, a: [1, 2] }))),
      environment.write(() => {
        stray.put(key('x'));
        throw new Error('no');
      }),
    ]);
    expect(inserted.status).toBe('fulfilled');
    await reopen();
    expect(new Catalog(environment).get('t.rows')!.indexes[1]!.multikey).toEqual([true]);
  });

  it('uses the trees of what was dropped again, empty', async () => {
    const catalog = new Catalog(environment);
    const first = await catalog.create('t.one');
    await environment.write(() => first.insert(rawOf({ _id: 1 })));
    const tree = first.recordsName;
    await catalog.drop('t.one');
    const again = [await catalog.create('t.two'), await catalog.create('t.three')];
    const names = again.flatMap((each) => [each.recordsName, ...each.indexes.map(({ treeName }) => treeName)]);
    expect(names).toContain(tree);
    expect(new Set(names).size).toBe(4);
    expect(again.map((each) => each.count())).toEqual([0, 0]);
    await reopen();
    expect(new Catalog(environment).list().map(({ namespace }) => namespace)).toEqual(['t.three', 't.two']);
  });

  it('uses the tree of a build again that a crash ended, empty, and gives a tree back once', async () => {
    const before = new Catalog(environment);
    const rows = await before.create('t.rows');
    const index = await before.prepareIndex(parseIndexSpec(rawOf({ v: 2, key: { a: 1 }, name: 'a' })));
    await environment.write(() => rows.addToIndex(index, 1, rawOf({ _id: 1, a: 1 })));
    expect(index.tree.count()).toBe(1);
    await reopen();
    const catalog = new Catalog(environment);
    const dropped = await catalog.create('t.dropped');
    const twice = [...dropped.indexes, ...dropped.indexes];
    await catalog.drop('t.dropped');
    await catalog.release(twice);
    await catalog.release([index, ...twice]);
    const made = [];
    for (let i = 0; i < 12; i++) made.push(await catalog.create(`t.c${i}`));
    const names = made.flatMap((each) => [each.recordsName, ...each.indexes.map(({ treeName }) => treeName)]);
    expect(names).toContain(index.treeName);
    expect(new Set(names).size).toBe(24);
    expect(made.map((each) => each.count() + each.indexes[0]!.tree.count())).toEqual(made.map(() => 0));
  });

  it('keeps keys too long for LMDB unique, found and in place', async () => {
    const catalog = new Catalog(environment);
    const rows = await catalog.create('t.rows');
    const spec = parseIndexSpec(rawOf({ v: 2, key: { a: 1 }, name: 'a', unique: true }));
    const index = await catalog.prepareIndex(spec);
    index.builtTo = Number.POSITIVE_INFINITY;
    await environment.write(() => catalog.publish(rows, [...rows.indexes, index]));
    const long = 'x'.repeat(5000);
    await environment.write(() => rows.insert(rawOf({ _id: 1, a: `${long}1` })));
    await environment.write(() => rows.insert(rawOf({ _id: 2, a: `${long}2` })));
    await expect(environment.write(() => rows.insert(rawOf({ _id: 3, a: `${long}1` })))).rejects.toMatchObject({
      code: 11000,
    });
    expect(rows.count()).toBe(2);
    expect(index.cut).toBe(true);
    const find = (filter: object) => {
      const parsed = parseFilter(rawOf(filter));
      const scan = new Scan(rows, planIndex(index, parsed, []), parsed);
      const found = [...scan.piece()!, ...(scan.piece() ?? [])];
      return found.map(({ record }) => record).sort();
    };
    expect(find({ a: `${long}2` })).toEqual([2]);
    expect(find({ a: { $in: [`${long}1`, `${long}2`] } })).toEqual([1, 2]);
    expect(find({ a: { $gt: `${long}1` } })).toEqual([2]);
    expect(find({ a: { $gt: `${long}0`, $lt: `${long}2` } })).toEqual([1]);
  });
});
