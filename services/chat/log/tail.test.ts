import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import { openFor } from './kept-open.ts';
import { logsLimits } from './logs.ts';
import { perform } from './testing/actions.ts';
import { asha, makeGroup, openTestLogs, type Process, ravi, sayIn, type TestLogs } from './testing/test-logs.ts';

let logs: TestLogs;

beforeAll(async () => {
  logs = await openTestLogs();
});
afterAll(() => logs.close());

const headOf = (pond: string) => logs.db.collection<ConversationDocument>('conversations').findOne({ _id: pond });
const seqsOf = (process: Process, pond: string) =>
  process.published.filter(({ topic }) => topic === `c:${pond}`).map(({ seq }) => seq);
const pastOverdue = () => logs.move(openFor.raiseByMs + openFor.overdueMs + 1_000);
const soon = () => AbortSignal.timeout(10_000);

/** Stores an entry and dies before anything else of it is done. */
async function dieAfterStoring(process: Process, work: () => Promise<unknown>): Promise<void> {
  process.flaky.fate = (collection) => {
    if (collection !== 'messages') return 'done';
    process.kill();
    return 'lost after';
  };
  await expect(work()).rejects.toThrow();
  await process.flaky.idle();
}

describe('the tail of a log', () => {
  it('is acknowledged only while open_until lies 30 s ahead', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    for (let at = 0; at < 6; at++) {
      await sayIn(process, pond, asha, `request ${at}`, logs.now());
      const ahead = ((await headOf(pond))?.open_until?.getTime() ?? 0) - logs.now();
      expect(ahead).toBeGreaterThanOrEqual(openFor.aheadMs);
      logs.move(35_000);
    }
  });

  it('is not acknowledged by an insert that took so long that open_until came near', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    process.flaky.fate = (collection) => {
      if (collection === 'messages') logs.move(openFor.raiseByMs);
      return 'done';
    };
    await sayIn(process, pond, asha, 'after long', logs.now());
    process.flaky.fate = () => 'done';
    const ahead = ((await headOf(pond))?.open_until?.getTime() ?? 0) - logs.now();
    expect(ahead).toBeGreaterThanOrEqual(openFor.aheadMs);
  });

  it('costs one write of open_until a burst, not one a message', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    let raised = 0;
    process.flaky.fate = (collection, _method, [operations]) => {
      if (collection === 'conversations' && !JSON.stringify(operations).includes('last_seq')) raised++;
      return 'done';
    };
    for (let at = 0; at < 20; at++) await sayIn(process, pond, asha, `request ${at}`, logs.now());
    expect(raised).toBe(0);
    logs.move(openFor.raiseByMs);
    for (let at = 20; at < 40; at++) await sayIn(process, pond, asha, `request ${at}`, logs.now());
    expect(raised).toBe(1);
  });

  it('costs three writes a message where there is one a minute', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await process.conversations.writeBehind();
    const written: string[] = [];
    process.flaky.fate = (collection, _method, [operations]) => {
      for (const _ of operations as unknown[]) written.push(collection);
      return 'done';
    };
    for (let minute = 0; minute < 5; minute++) {
      await sayIn(process, pond, asha, `minute ${minute}`, logs.now());
      // As the timer does.
      logs.move(logsLimits.writeBehindMs);
      await process.conversations.writeBehind();
      logs.move(60_000 - logsLimits.writeBehindMs);
    }
    // The entry, the sender's own number, the head with the time that it is kept open.
    expect(written.sort()).toEqual(['conversations', 'members', 'messages'].flatMap((name) => Array(5).fill(name)));
    expect((await headOf(pond))?.open_until?.getTime()).toBeGreaterThan(logs.now() + 60_000);
  });

  it('is applied and published by another process when its own dies before it could', async () => {
    const dying = logs.process();
    const pond = await makeGroup(dying, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(dying, pond, asha, 'first words', logs.now())).entry!._id;
    const edit = {
      by: asha,
      requestId: 'the last edit',
      action: { do: 'edit', messageId, text: 'last words' },
    } as const;
    await dieAfterStoring(dying, () => perform(dying, pond, edit, logs.now()));
    const rescue = logs.process();
    await rescue.conversations.sweep();
    expect(seqsOf(rescue, pond)).toEqual([]);
    pastOverdue();
    await rescue.conversations.sweep();
    expect(seqsOf(rescue, pond)).toContain(3);
    const message = await logs.db.collection<{ _id: string }>('messages').findOne({ _id: messageId });
    expect(message).toMatchObject({ content: { text: 'last words' }, changed: 3 });
    const head = await headOf(pond);
    expect(head).toMatchObject({ last_seq: 3 });
    expect(head).not.toHaveProperty('open_until');
  });

  it('is applied by whoever reads it, before it is shown', async () => {
    const dying = logs.process();
    const pond = await makeGroup(dying, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(dying, pond, asha, 'first words', logs.now())).entry!._id;
    const reader = logs.process();
    expect((await reader.conversations.viewOf(pond))?.state.seq).toBe(2);
    const edit = { by: asha, requestId: 'an edit', action: { do: 'edit', messageId, text: 'last words' } } as const;
    await dieAfterStoring(dying, () => perform(dying, pond, edit, logs.now()));
    const view = await reader.conversations.viewOf(pond);
    const { entries, head } = await view!.history({ limit: 10 });
    expect(head).toBe(3);
    expect(entries.at(-1)).toMatchObject({ content: { text: 'last words' } });
  });

  it('is applied by whoever loses a race to it, before anything of its own', async () => {
    const dying = logs.process();
    const pond = await makeGroup(dying, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(dying, pond, asha, 'first words', logs.now())).entry!._id;
    const rival = logs.process();
    expect((await rival.conversations.viewOf(pond))?.state.seq).toBe(2);
    const edit = { by: asha, requestId: 'an edit', action: { do: 'edit', messageId, text: 'last words' } } as const;
    await dieAfterStoring(dying, () => perform(dying, pond, edit, logs.now()));
    const change = await sayIn(rival, pond, ravi, 'after the edit', logs.now());
    expect(change.entry?.seq).toBe(4);
    const message = await logs.db.collection<{ _id: string }>('messages').findOne({ _id: messageId });
    expect(message).toMatchObject({ content: { text: 'last words' } });
  });

  it('of a quiet conversation is found by its head, though the publish was lost', async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await sayIn(process, pond, asha, 'the last one', logs.now());
    for (const asked of [process, logs.process()]) {
      expect(await asked.topics.heads([`c:${pond}`, 'c:000000000000'], soon())).toEqual([
        { topic: `c:${pond}`, seq: 2 },
      ]);
    }
    pastOverdue();
    await process.conversations.sweep();
    expect(await logs.process().topics.heads([`c:${pond}`], soon())).toEqual([{ topic: `c:${pond}`, seq: 2 }]);
  });
});

describe('last_seq', () => {
  it('rises only after what follows in the logs of users', async () => {
    const process = logs.process();
    let away = true;
    process.flaky.fate = (collection) => (collection === 'user_entries' && away ? 'lost before' : 'done');
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await sayIn(process, pond, asha, 'said at once', logs.now());
    const writing = process.conversations.writeBehind();
    expect((await headOf(pond))?.last_seq).toBe(0);
    away = false;
    await writing;
    expect((await headOf(pond))?.last_seq).toBe(2);
  });

  it("rises only after the sender's own last number", async () => {
    const process = logs.process();
    const pond = await makeGroup(process, logs.now(), [asha, ravi]);
    await process.conversations.writeBehind();
    let away = true;
    process.flaky.fate = (collection) => (collection === 'members' && away ? 'lost before' : 'done');
    await sayIn(process, pond, asha, 'mine', logs.now());
    await process.conversations.writeBehind();
    expect((await headOf(pond))?.last_seq).toBe(1);
    expect((await process.conversations.rows.ofUserIn('900000000001', asha, [pond]))[0]).toMatchObject({
      own_number: 1,
    });
    away = false;
    await process.conversations.writeBehind();
    expect((await headOf(pond))?.last_seq).toBe(2);
    const other = logs.process();
    expect((await other.conversations.rows.ofUserIn('900000000001', asha, [pond]))[0]).toMatchObject({ own_number: 1 });
  });

  it('never falls, whoever writes it late', async () => {
    const [slow, quick] = [logs.process(), logs.process()];
    const pond = await makeGroup(slow, logs.now(), [asha, ravi]);
    await sayIn(quick, pond, asha, 'one', logs.now());
    await sayIn(quick, pond, asha, 'two', logs.now());
    await quick.conversations.writeBehind();
    await slow.conversations.writeBehind();
    expect(await headOf(pond)).toMatchObject({ last_seq: 3, last_number: 2, last_message: { content_preview: 'two' } });
  });
});
