import { describe, expect, it } from 'vitest';
import { asha, pond, talk, text, texts, when } from '../testing/talk.ts';
import { webStorageOutbox } from './outbox-store.ts';

/** A browser's localStorage, as far as it is used; its keys come sorted, as those of Chromium do. */
function storage() {
  const items = new Map<string, string>();
  return {
    items,
    get length() {
      return items.size;
    },
    key: (index: number) => [...items.keys()].sort()[index] ?? null,
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
    kept.setItem('circuit.asha.half', '{"conversationId":"1","clientMessageId":"2"}');
    const outbox = webStorageOutbox(kept, 'circuit.asha.');
    const { client, view } = await mesh.join(asha, { outbox });
    mesh.edge.ticketStatus = 503;
    mesh.edge.cut();
    await when(client, () => client.state.name === 'offline');
    const written = Array.from({ length: 10 }, (_, index) => `reading ${index}`);
    for (const words of written) view.send(text(words));
    expect(kept.items.size).toBe(13);
    client.close();

    mesh.edge.ticketStatus = 200;
    const { view: again } = await mesh.join(asha, { outbox });
    await when(again, () => again.messages.filter(({ status }) => status === 'sent').length === 10);
    expect(texts(again)).toEqual(written);
    expect(mesh.edge.chat.messages(pond)).toHaveLength(10);
    await expect.poll(() => kept.items.size).toBe(3);
  });
});
