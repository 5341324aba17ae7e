import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { TestLogs } from './testing/test-logs.ts';
import {
  asha,
  callBy,
  makeGroup,
  openTestLogs,
  type Process,
  ravi,
  refusal,
  say,
  sayIn,
  user,
} from './testing/test-logs.ts';

let logs: TestLogs;
let here: Process;
let pond: string;

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
  pond = await makeGroup(here, logs.now(), [asha, ravi]);
});
afterAll(() => logs.close());

const open = async (key: string) => {
  const call = callBy(user(key), logs.now());
  return { call, conversation: await here.conversations.open(call, pond) };
};
const stored = (requestId: string) =>
  logs.db.collection('messages').countDocuments({ conversation_id: pond, request_id: requestId });

describe('the order of a conversation', () => {
  it('has no gap, and is the order of arrival', async () => {
    const group = await makeGroup(here, logs.now(), [asha, ravi]);
    const changes = await Promise.all(
      Array.from({ length: 150 }, (_, at) => sayIn(here, group, at % 2 ? asha : ravi, `request ${at}`, logs.now())),
    );
    expect(changes.map(({ entry }) => entry?.seq)).toEqual(Array.from({ length: 150 }, (_, at) => at + 2));
    expect(changes.map(({ entry }) => entry?.number)).toEqual(Array.from({ length: 150 }, (_, at) => at + 1));
    const published = here.published.filter(({ topic }) => topic === `c:${group}`).map(({ seq }) => seq);
    expect(published).toEqual(Array.from({ length: 151 }, (_, at) => at + 1));
  });

  it('is that of opening, however long a handler takes before it appends', async () => {
    const slow = await open(asha);
    const quick = await open(ravi);
    const second = say(quick.conversation, quick.call, 'arrived second');
    const first = say(slow.conversation, slow.call, 'arrived first');
    const [one, two] = await Promise.all([first, second]);
    expect(two.entry!.seq).toBe(one.entry!.seq + 1);
  });

  it('does not wait for a call that ended without a word', async () => {
    const silent = await open(asha);
    const other = await open(ravi);
    const said = say(other.conversation, other.call, 'behind the silent one');
    silent.call.end();
    expect((await said).entry?.kind).toBe('message');
  });
});

describe('a call that is given up', () => {
  it('leaves nothing behind while it waits', async () => {
    const ahead = await open(asha);
    const waiting = await open(ravi);
    const said = say(waiting.conversation, waiting.call, 'given up early');
    const failed = expect(said).rejects.toEqual(refusal('CANCELLED'));
    waiting.call.abort(refuse('CANCELLED'));
    await failed;
    ahead.call.end();
    await sayIn(here, pond, asha, 'after the one given up', logs.now());
    expect(await stored('given up early')).toBe(0);
  });

  it('takes effect once its entry is in a batch', async () => {
    const late = await open(asha);
    here.flaky.fate = (collection) => {
      if (collection === 'messages') late.call.abort(refuse('DEADLINE_EXCEEDED'));
      return 'done';
    };
    const change = await say(late.conversation, late.call, 'given up late');
    here.flaky.fate = () => 'done';
    expect(here.published.some(({ topic, seq }) => topic === `c:${pond}` && seq === change.entry?.seq)).toBe(true);
    expect(await stored('given up late')).toBe(1);
  });
});

describe('a request that names its predecessor', () => {
  const sayAfter = async (requestId: string, after: string) => {
    const { call, conversation } = await open(asha);
    return say(conversation, call, requestId, requestId, after).finally(() => call.end());
  };

  it('is stored where that is stored, or ahead of it', async () => {
    const both = Promise.all([sayIn(here, pond, asha, 'step one', logs.now()), sayAfter('step two', 'step one')]);
    const [one, two] = await both;
    expect(two.entry!.seq).toBeGreaterThan(one.entry!.seq);
    const elsewhere = logs.process();
    const call = callBy(user(asha), logs.now());
    const there = await elsewhere.conversations.open(call, pond);
    expect((await say(there, call, 'step three', '', 'step two')).entry).toBeDefined();
  });

  it('is refused where that is neither', async () => {
    await expect(sayAfter('an orphan', 'never sent')).rejects.toEqual(refusal('PREDECESSOR_FAILED'));
  });

  it('is refused where that was refused', async () => {
    const first = await open(asha);
    const second = await open(asha);
    const refused = first.conversation.append(first.call, {
      senderKey: `user:${asha}`,
      requestId: 'a refused one',
      about: 1,
      decide: () => {
        throw refuse('ADMIN_REQUIRED');
      },
    });
    const next = say(second.conversation, second.call, 'behind it', 'x', 'a refused one');
    await expect(refused).rejects.toEqual(refusal('ADMIN_REQUIRED'));
    await expect(next).rejects.toEqual(refusal('PREDECESSOR_FAILED'));
  });
});

describe('a request id', () => {
  it('in flight twice is one request', async () => {
    const [one, two] = await Promise.all([
      sayIn(here, pond, asha, 'in flight twice', logs.now()),
      sayIn(here, pond, asha, 'in flight twice', logs.now()),
    ]);
    expect(two.entry).toEqual(one.entry);
    expect([one.repeated, two.repeated]).toEqual([false, true]);
  });

  it('sent again gets the first answer, here and elsewhere, and is published again', async () => {
    const first = await sayIn(here, pond, asha, 'sent again', logs.now());
    for (const process of [here, logs.process()]) {
      const before = process.published.length;
      const again = await sayIn(process, pond, asha, 'sent again', logs.now());
      expect(again).toMatchObject({ repeated: true, entry: { _id: first.entry!._id, seq: first.entry!.seq } });
      const published = process.published.slice(before).map(({ topic, seq }) => `${topic} ${seq}`);
      expect(published).toContain(`c:${pond} ${first.entry!.seq}`);
    }
    expect(await stored('sent again')).toBe(1);
  });

  it('used for something else is refused, in flight, remembered, and found in the log', async () => {
    const other = async (process: Process) => {
      const call = callBy(user(asha), logs.now());
      const conversation = await process.conversations.open(call, pond);
      return say(conversation, call, 'used twice', 'something else').finally(() => call.end());
    };
    const first = sayIn(here, pond, asha, 'used twice', logs.now());
    await expect(other(here)).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
    await first;
    await expect(other(here)).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
    await expect(other(logs.process())).rejects.toEqual(refusal('REQUEST_ID_REUSED'));
  });

  it('of what was stored is answered with it, though it would be refused now', async () => {
    const group = await makeGroup(here, logs.now(), [asha, ravi]);
    const first = await sayIn(here, group, ravi, 'before leaving', logs.now());
    const call = callBy(user(asha), logs.now());
    const conversation = await here.conversations.open(call, group);
    await conversation.append(call, {
      senderKey: `user:${asha}`,
      requestId: 'remove ravi',
      about: ravi,
      decide: () => ({ kind: 'member_removed', user_key: ravi, removed_by: asha }),
    });
    const elsewhere = logs.process();
    const again = await sayIn(elsewhere, group, ravi, 'before leaving', logs.now());
    expect(again).toMatchObject({ repeated: true, entry: { seq: first.entry!.seq } });
    await expect(sayIn(elsewhere, group, ravi, 'after leaving', logs.now())).rejects.toThrow('not a member');
  });
});
