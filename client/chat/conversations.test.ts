import { describe, expect, it } from 'vitest';
import { asha, pond, ravi, talk, text, texts, when } from '../testing/talk.ts';

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

  it('lose a direct one that was deleted on another device, until somebody says something', async () => {
    await using mesh = await talk();
    const phone = await mesh.join(asha);
    const laptop = await mesh.join(asha);
    const other = await mesh.join(ravi);
    await other.view.send(text('DO is 2.1')).stored;
    await when(laptop.view, () => texts(laptop.view).length === 1);
    await phone.view.delete();
    const { conversations } = laptop.client;
    await when(conversations, () => conversations.items.length === 0);
    expect(texts(laptop.view)).toEqual([]);
    await other.view.send(text('Aerator is on')).stored;
    await when(conversations, () => conversations.items.length === 1);
    await when(phone.client.conversations, () => phone.client.conversations.items.length === 1);
  });

  it('keep one that was deleted when something was said after that, whatever is heard of first', async () => {
    await using mesh = await talk();
    const { client, view } = await mesh.join(asha);
    const other = await mesh.join(ravi);
    const { seq } = await other.view.send(text('DO is 2.1')).stored;
    await other.view.send(text('Aerator is on')).stored;
    await when(view, () => texts(view).length === 2);
    const { items } = client.conversations;
    client.conversations.event('conversation.removed', { conversation_id: pond, seq, hidden: true }, 2);
    expect(client.conversations.items).toEqual(items);
    await when(view, () => texts(view).length === 2);
  });
});
