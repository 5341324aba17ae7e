import { describe, expect, it } from 'vitest';
import { asha, pond, talk, text, texts, when } from '../testing/talk.ts';
import { webStorageOutbox } from './outbox-store.ts';

/** A browser's localStorage, as far as it is used. */
function storage() {
  const items = new Map<string, string>();
  return {
    items,
    get length() {
      return items.size;
    },
    key: (index: number) => [...items.keys()][index] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

describe('an outbox in the browser', () => {
  it('sends after a restart what was written before it, once and in order', async () => {
    await using mesh = await talk();
    const kept = storage();
    kept.setItem('another app', '{}');
    kept.setItem('circuit.asha.broken', 'not JSON');
    const outbox = webStorageOutbox(kept, 'circuit.asha.');
    const { client, view } = await mesh.join(asha, { outbox });
    mesh.edge.ticketStatus = 503;
    mesh.edge.cut();
    await when(client, () => client.state.name === 'offline');
    for (const words of ['feed is in', 'aerator on']) view.send(text(words));
    expect(kept.items.size).toBe(4);
    client.close();

    mesh.edge.ticketStatus = 200;
    const { view: again } = await mesh.join(asha, { outbox });
    await when(again, () => again.messages.filter(({ status }) => status === 'sent').length === 2);
    expect(texts(again)).toEqual(['feed is in', 'aerator on']);
    expect(mesh.edge.chat.messages(pond)).toHaveLength(2);
    await expect.poll(() => kept.items.size).toBe(2);
  });
});
