import { describe, expect, it } from 'vitest';
import { talk } from '../testing/talk.ts';

describe('message.unreact', () => {
  it('takes the own reaction back and no other', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await asha.react(sent, '👍');
    await ravi.react(sent, '👍');
    const { reactions } = await ravi.call('unreact', { ...sent, emoji: '👍' });
    expect(reactions).toMatchObject([{ emoji: '👍', userKeys: [asha.key], count: 1 }]);
  });

  it('of what is not there changes nothing', async () => {
    const { asha, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    expect(await asha.call('unreact', { ...sent, emoji: '👍' })).toEqual({ reactions: [] });
    expect((await asha.get(pond)).lastSeq).toBe(sent.seq);
  });
});
