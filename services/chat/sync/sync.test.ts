import { describe, expect, it, onTestFinished } from 'vitest';
import { SyncResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { openChat } from '../testing/open-chat.ts';
import { openPerson, type Person } from '../testing/person.ts';
import { type Talk, talk } from '../testing/talk.ts';
import { syncLimits } from './limits.ts';

async function missing(who: Person, topic: string, seq: number) {
  const { topics, more } = await who.call('sync', { positions: [{ topic, seq }] });
  const [found] = topics;
  if (found === undefined) throw new Error('The answer leaves the topic out.');
  return { ...found, more, cases: found.entries.map((entry) => entry.event?.$case) };
}

async function busyPond(): Promise<Talk> {
  const opened = await talk();
  const { asha, ravi, pond } = opened;
  const sent = await asha.send(pond, 'DO is 3.1');
  await asha.edit(sent, 'DO is 2.1');
  await ravi.react(sent, '👍');
  await asha.delete(await asha.send(pond, 'wrong pond'));
  return opened;
}

describe('sync', () => {
  it('tells what is missing above a position, by rising number without a gap', async () => {
    const { ravi, pond } = await busyPond();
    const all = await missing(ravi, `c:${pond}`, 0);
    expect(all.cases).toEqual([
      'conversationNew',
      'messageNew',
      'messageUpdated',
      'messageReaction',
      'messageNew',
      'messageDeleted',
    ]);
    expect(all.entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all).toMatchObject({ head: 6, more: false, gone: false, denied: false });
    expect((await missing(ravi, `c:${pond}`, 4)).entries.map((entry) => entry.seq)).toEqual([5, 6]);
    expect((await missing(ravi, `c:${pond}`, 6)).entries).toEqual([]);
  });

  it('holds messages as the caller sees them, and nothing of what was deleted', async () => {
    const { asha, ravi, pond } = await busyPond();
    const messagesFor = async (who: Person) =>
      (await missing(who, `c:${pond}`, 0)).entries.flatMap(({ event }) =>
        event?.$case === 'messageNew' ? [event.value.message] : [],
      );
    const [his, deleted] = await messagesFor(ravi);
    expect(his).toMatchObject({ ownReactions: ['👍'], changed: 4, edited: { originalContent: '' } });
    expect(deleted).toMatchObject({ content: undefined, deleted: { isDeleted: true } });
    const [hers] = await messagesFor(asha);
    expect(hers).toMatchObject({ ownReactions: [], edited: { originalContent: 'DO is 3.1' } });
  });

  it('brings a second device of the same user up to date', async () => {
    const { asha, pond } = await talk();
    const before = (await missing(asha, `u:${asha.key}`, 0)).head;
    await asha.call('pinConversation', { conversationId: pond, pinned: true });
    const own = await missing(asha, `u:${asha.key}`, before);
    expect(own.cases).toEqual(['membershipUpdated']);
    expect((await missing(asha, `u:${asha.key}`, 0)).cases[0]).toBe('conversationAdded');
  });

  it("denies what is not the caller's, and what does not exist, alike", async () => {
    const { asha, ravi, pond, stranger, person } = await talk();
    const meena = await person('Meena');
    const other = await stranger();
    const denied = { entries: [], head: 0, gone: false, denied: true };
    expect(await missing(meena, `c:${pond}`, 0)).toMatchObject(denied);
    expect(await missing(other, `c:${pond}`, 0)).toMatchObject(denied);
    for (const topic of [`u:${ravi.key}`, 'c:999999999999', 'c:', 'x', `d:${asha.key}`, '__proto__:1']) {
      expect(await missing(asha, topic, 0)).toMatchObject(denied);
    }
  });

  it('begins for a member where they came, and ends where they left', async () => {
    const { asha, pond, person } = await busyPond();
    const meena = await person('Meena');
    const { seq } = await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    expect(await missing(meena, `c:${pond}`, 0)).toMatchObject({ gone: true, entries: [], head: seq });
    await asha.send(pond, 'welcome');
    await asha.call('removeMember', { conversationId: pond, userKey: meena.key });
    await asha.send(pond, 'she is gone');
    const hers = await missing(meena, `c:${pond}`, seq - 1);
    expect(hers.cases).toEqual(['memberAdded', 'messageNew', 'memberRemoved']);
    expect(hers).toMatchObject({ denied: true, more: false });
  });

  it('takes a position that the log has not reached for gone: the log was restored from a backup', async () => {
    const { asha, pond } = await busyPond();
    expect(await missing(asha, `c:${pond}`, 7)).toMatchObject({ gone: true, entries: [], head: 6, more: false });
    const { head } = await missing(asha, `u:${asha.key}`, 0);
    expect(await missing(asha, `u:${asha.key}`, head)).toMatchObject({ gone: false });
    expect(await missing(asha, `u:${asha.key}`, head + 1)).toMatchObject({ gone: true, entries: [], head });
  });

  it('cuts a page at 256 KiB and goes on from there', async () => {
    const { asha, ravi, pond } = await talk();
    const long = 'x'.repeat(4_000);
    await Promise.all(Array.from({ length: 100 }, () => asha.send(pond, long)));
    const seen: number[] = [];
    let pages = 0;
    for (let more = true; more; pages += 1) {
      const page = await missing(ravi, `c:${pond}`, seen.at(-1) ?? 0);
      seen.push(...page.entries.map((entry) => entry.seq));
      more = page.more;
    }
    expect(seen).toEqual(Array.from({ length: 101 }, (_, at) => at + 1));
    expect(pages).toBe(Math.ceil((100 * 4_000) / syncLimits.bytesMax));
  });

  it('shares a page among topics, and says that there is more', async () => {
    const { asha, ravi, pond, direct } = await talk();
    const other = await direct(asha, ravi);
    for (const id of [pond, other]) {
      await Promise.all(Array.from({ length: 50 }, () => asha.send(id, 'x'.repeat(4_000))));
    }
    const positions = new Map([`c:${pond}`, `c:${other}`, `c:999999999999`].map((topic) => [topic, 0]));
    const asked = () => [...positions].map(([topic, seq]) => ({ topic, seq }));
    const first = await ravi.call('sync', { positions: asked() });
    expect(first.more).toBe(true);
    expect(SyncResponse.encode(first).finish().length).toBeLessThan(syncLimits.bytesMax + 8_192);
    for (const { topic, entries } of first.topics) positions.set(topic, entries.at(-1)?.seq ?? 0);
    const second = await ravi.call('sync', { positions: asked() });
    expect(second.more).toBe(false);
    expect([...first.topics, ...second.topics].flatMap((topic) => topic.entries)).toHaveLength(102);
    expect(second.topics.map((topic) => topic.denied)).toEqual([false, false, true]);
  });

  it('tells of each topic in the order asked, of more than are read at the same time', async () => {
    const { ravi, pond } = await busyPond();
    const strange = Array.from({ length: 4 * syncLimits.topicsAtOnce }, (_, at) => `c:${`${at}`.padStart(12, '0')}`);
    const asked = [...strange, `c:${pond}`, `u:${ravi.key}`];
    const { topics, more } = await ravi.call('sync', { positions: asked.map((topic) => ({ topic, seq: 0 })) });
    expect(topics.map(({ topic }) => topic)).toEqual(asked);
    expect(topics.map(({ denied }) => denied)).toEqual([...strange.map(() => true), false, false]);
    expect(more).toBe(false);
  });

  it('asks the store for several topics at once, and for none that is of others', async () => {
    const reads: string[] = [];
    const chat = await openChat((command) => {
      // Sweeps may come at any time.
      const swept = ['open_until', 'compact_at'].some((field) => field in (command.filter ?? {}));
      if ('find' in command && !swept) reads.push(String(command.find));
    });
    onTestFinished(() => chat.close());
    const [asha, ravi] = ['100000000001', '100000000002'].map((key) =>
      openPerson(chat.host, { key, name: key, accountKey: '900000000001' }),
    ) as [Person, Person];
    for (const person of [asha, ravi]) await person.call('listConversations');
    const made = await Promise.all(
      ['Pond A1', 'Pond A2', 'Pond A3'].map((name) =>
        asha.call('createConversation', { info: { name }, participantKeys: [ravi.key] }),
      ),
    );
    reads.length = 0;
    const positions = made.map(({ conversation }) => ({ topic: `c:${conversation?.conversationId}`, seq: 0 }));
    expect((await ravi.call('sync', { positions })).topics).toHaveLength(3);
    // Whether each is at its head is asked for all before anything else is read of the first.
    expect(reads.slice(0, 4)).toEqual(['members', 'messages', 'messages', 'messages']);

    reads.length = 0;
    const strange = Array.from({ length: 40 }, (_, at) => ({ topic: `c:${`${at}`.padStart(12, '0')}`, seq: 0 }));
    await ravi.call('sync', { positions: strange });
    // No log is opened for who was never in it.
    expect(reads).toEqual(['members']);
  });
});
