import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMetrics } from '../../../mesh/telemetry/metrics.ts';
import { asha, makeGroup, openTestLogs, ravi, sayIn, type TestLogs } from './testing/test-logs.ts';

let logs: TestLogs;
beforeAll(async () => {
  logs = await openTestLogs();
});
afterAll(() => logs.close());

describe('metrics of appending', () => {
  it('count entries, groups, decisions run again and lost answers, by kind of log', async () => {
    const metrics = openMetrics();
    const process = logs.process({ metrics });
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await process.conversations.writeBehind();
    process.flaky.fate = (collection) => {
      if (collection !== 'messages') return 'done';
      process.flaky.fate = () => 'done';
      return 'lost before';
    };
    await sayIn(process, pond, asha, 'lost at first', logs.now());
    const text = await metrics.text();
    metrics.close();
    expect(text).toMatch(/circuit_append_entries_total\{[^}]*log="conversation"[^}]*\} 2\n/);
    expect(text).toMatch(/circuit_append_entries_total\{[^}]*log="user"[^}]*\} 2\n/);
    expect(text).toMatch(/circuit_append_unknown_total\{[^}]*log="conversation"[^}]*\} 1\n/);
    expect(text).toMatch(/circuit_append_redecided_total\{[^}]*log="conversation"[^}]*\} 1\n/);
  });
});
