import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GroupedWrites } from './grouped-writes.ts';
import { openTestLogs, type Process, type TestLogs } from './testing/test-logs.ts';

type Mark = { readonly _id: string; readonly newest: number; readonly read?: number };

let logs: TestLogs;
let here: Process;

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
});
afterAll(() => logs.close());

const marks = () => logs.db.collection<Mark>('marks');
const raise = (_id: string, newest: number) => ({
  updateOne: { filter: { _id, newest: { $lt: newest } }, update: { $set: { newest } }, upsert: true },
});

describe('an upsert that meets a document', () => {
  it('is written into it where its condition holds by then', async () => {
    await marks().insertOne({ _id: 'made at the same moment', newest: 9 });
    let bulks = 0;
    here.flaky.fate = async (_collection, method) => {
      if (method === 'bulkWrite' && ++bulks === 2) {
        await marks().updateOne({ _id: 'made at the same moment' }, { $set: { newest: 1 } });
      }
      return 'done' as const;
    };
    const written = new GroupedWrites<Mark>(here.flaky.db.collection('marks'));
    expect(await written.write(raise('made at the same moment', 5))).toBe(true);
    expect(await marks().findOne({ _id: 'made at the same moment' })).toMatchObject({ newest: 5 });
    here.flaky.fate = () => 'done';
  });

  it('leaves a newer one as it is, and what went with it is written', async () => {
    await marks().insertOne({ _id: 'newer', newest: 9 });
    const written = new GroupedWrites<Mark>(marks());
    expect(await Promise.all([written.write(raise('newer', 5)), written.write(raise('other', 5))])).toEqual([
      false,
      false,
    ]);
    expect(await marks().findOne({ _id: 'newer' })).toMatchObject({ newest: 9 });
    expect(await marks().findOne({ _id: 'other' })).toMatchObject({ newest: 5 });
  });
});
