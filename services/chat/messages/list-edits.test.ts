import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('message.edits', () => {
  it('tells every earlier form, oldest first', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'one');
    for (const text of ['two', 'three', 'four']) await asha.edit(sent, text);
    const { edits } = await asha.call('listEdits', sent);
    expect(edits.map((edit) => edit.content?.text)).toEqual(['one', 'two', 'three']);
    expect(edits.map((edit) => edit.seq)).toEqual([sent.seq + 1, sent.seq + 2, sent.seq + 3]);
  });

  it('is for the sender and admins', async () => {
    const { asha, ravi, pond } = await talk();
    const byRavi = await ravi.send(pond, 'one');
    await ravi.edit(byRavi, 'two');
    expect((await asha.call('listEdits', byRavi)).edits).toHaveLength(1);
    const byAsha = await asha.send(pond, 'one');
    await expect(ravi.call('listEdits', byAsha)).rejects.toEqual(refusal('NOT_THE_SENDER'));
  });

  it('tells nothing of a deleted message', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'one');
    await asha.edit(sent, 'two');
    await asha.delete(sent);
    await expect(asha.call('listEdits', sent)).rejects.toEqual(refusal('MESSAGE_DELETED'));
  });
});
