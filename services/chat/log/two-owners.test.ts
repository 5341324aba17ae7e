import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Action, performAnew } from './testing/actions.ts';
import {
  asha,
  callBy,
  makeGroup,
  meena,
  openTestLogs,
  type Process,
  ravi,
  refusal,
  sayIn,
  type TestLogs,
  user,
} from './testing/test-logs.ts';

let logs: TestLogs;
let here: Process;
let there: Process;

beforeAll(async () => {
  logs = await openTestLogs();
  here = logs.process();
  there = logs.process();
});
afterAll(() => logs.close());

const act = (process: Process, pond: string, by: string, action: Action) =>
  performAnew(process, pond, by, action, logs.now());

describe('two processes that write one conversation', () => {
  it('leave no gap and lose nothing', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const said = await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        sayIn(at % 3 ? here : there, pond, at % 2 ? asha : ravi, `request ${at}`, logs.now()).catch((error) => error),
      ),
    );
    const kept = said.filter((result) => 'entry' in result);
    const conflicts = said.filter((result) => !('entry' in result));
    for (const conflict of conflicts) expect(conflict).toEqual(refusal('CONFLICT'));
    const stored = await logs.db.collection('messages').find({ conversation_id: pond }).sort({ seq: 1 }).toArray();
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: kept.length + 1 }, (_, at) => at + 1));
    for (const { entry } of kept) expect(stored[entry.seq - 1]?.request_id).toBe(entry.request_id);
  });

  it('let a removal that came first win, also against a state that has not seen it', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await sayIn(there, pond, ravi, 'while a member', logs.now());
    await act(here, pond, asha, { do: 'remove', userKey: ravi });
    await expect(sayIn(there, pond, ravi, 'no more', logs.now())).rejects.toThrow('not a member');
  });

  it('never refuse by a state that has not seen what allows it', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await sayIn(there, pond, ravi, 'opened there', logs.now());
    await act(here, pond, asha, { do: 'add', userKey: meena });
    expect((await sayIn(there, pond, meena, 'new here', logs.now())).entry?.seq).toBe(4);
  });

  it('refuse with CONFLICT after five lost races, and say when to try again', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    await sayIn(there, pond, asha, 'opened there', logs.now());
    let races = 0;
    there.flaky.fate = async (collection) => {
      if (collection === 'messages') await sayIn(here, pond, ravi, `first ${++races}`, logs.now());
      return 'done' as const;
    };
    const lost = sayIn(there, pond, asha, 'always late', logs.now());
    await expect(lost).rejects.toMatchObject({ reason: 'CONFLICT', details: { retryAfterMs: expect.any(Number) } });
    there.flaky.fate = () => 'done';
    expect(races).toBe(6);
    expect((await sayIn(there, pond, asha, 'always late', logs.now())).repeated).toBe(false);
  });
});

describe('a decision that reads a document', () => {
  it('waits for the entries ahead that change it', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const sent = await sayIn(here, pond, asha, 'first words', logs.now());
    const messageId = sent.entry!._id;
    const edits = await Promise.all(
      ['second', 'third', 'fourth'].map((text) => act(here, pond, asha, { do: 'edit', messageId, text })),
    );
    expect(edits.map(({ message }) => message?.edited?.editCount)).toEqual([1, 2, 3]);
    expect(edits.at(-1)?.message).toMatchObject({
      content: { text: 'fourth' },
      edited: { originalContent: 'first words' },
    });
  });

  it('is taken anew where an entry of another process came first', async () => {
    const pond = await makeGroup(here, logs.now(), [asha, ravi]);
    const messageId = (await sayIn(here, pond, asha, 'soon deleted', logs.now())).entry!._id;
    const call = callBy(user(asha), logs.now());
    expect((await there.conversations.open(call, pond)).state.seq).toBe(2);
    call.end();
    there.flaky.fate = async (collection) => {
      there.flaky.fate = () => 'done';
      if (collection === 'messages') await act(here, pond, asha, { do: 'delete', messageId });
      return 'done' as const;
    };
    const edit = act(there, pond, asha, { do: 'edit', messageId, text: 'too late' });
    await expect(edit).rejects.toEqual(refusal('MESSAGE_DELETED'));
  });
});
