import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGroup, openTestLogs, type Process, sayIn, type TestLogs } from './testing/test-logs.ts';

const [asha, ravi] = ['100000000001', '100000000002'];
let logs: TestLogs;
let process: Process;

beforeAll(async () => {
  logs = await openTestLogs();
  process = logs.process();
});
afterAll(() => logs.close());

describe('appending', () => {
  it('numbers from 1 without a gap, in the order of arrival', async () => {
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    const changes = await Promise.all(
      Array.from({ length: 50 }, (_, at) => sayIn(process, pond, at % 2 ? asha : ravi, `request ${at}`, logs.now())),
    );
    expect(changes.map(({ entry }) => entry?.seq)).toEqual(Array.from({ length: 50 }, (_, at) => at + 2));
    expect(changes.map(({ entry }) => entry?.number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    const published = process.published.filter(({ topic }) => topic === `c:${pond}`).map(({ seq }) => seq);
    expect(published).toEqual(Array.from({ length: 51 }, (_, at) => at + 1));
  });
});
