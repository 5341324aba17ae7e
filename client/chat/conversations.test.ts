import { describe, expect, it } from 'vitest';
import { asha, talk, text, texts, when } from '../testing/talk.ts';

describe('the conversations', () => {
  it('keep the histories that were opened last, whatever place they have in the list', async () => {
    await using mesh = await talk();
    const ids = Array.from({ length: 51 }, (_, index) => `${200_000_000_000 + index}`);
    for (const id of ids) mesh.edge.chat.make(id, [asha]);
    const client = mesh.client(asha);
    await when(client, () => client.state.name === 'online');
    await client.conversations.load();
    const views = ids.map((id) => client.conversations.get(id));
    const [first, second, third, ...others] = views as [(typeof views)[0], (typeof views)[0], (typeof views)[0]];
    for (const view of [second, third, ...others]) await view.open();
    await second.open();
    await first.open();
    await first.send(text('feed is in')).stored;
    expect(texts(first)).toEqual(['feed is in']);
    expect(views.filter(({ loaded }) => !loaded)).toEqual([third]);
  });
});
