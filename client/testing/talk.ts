// Two people on a small edge: what most tests of the SDK begin with.

import { WebSocket } from 'ws';
import type { Conversation } from '../chat/conversation.ts';
import { Client, type ConnectOptions } from '../connect.ts';
import { fastClock } from './clocks.ts';
import { SmallEdge } from './small-edge.ts';

export const asha = '100000000001';
export const ravi = '100000000002';
export const pond = '000000000042';

export type Talk = AsyncDisposable & {
  readonly edge: SmallEdge;
  readonly url: string;
  client(userKey: string, options?: Partial<ConnectOptions>): Client;
  /** A client with the conversation open. */
  join(userKey: string, options?: Partial<ConnectOptions>): Promise<{ client: Client; view: Conversation }>;
};

export async function talk(): Promise<Talk> {
  const edge = new SmallEdge();
  const url = await edge.listen();
  edge.chat.make(pond, [asha, ravi]);
  const clients: Client[] = [];
  const client = (userKey: string, options: Partial<ConnectOptions> = {}): Client => {
    const made = new Client({ url, token: async () => userKey, WebSocket, clock: fastClock, ...options });
    clients.push(made);
    return made;
  };
  return {
    edge,
    url,
    client,
    async join(userKey, options) {
      const joined = client(userKey, options);
      await when(joined, () => joined.state.name === 'online');
      await joined.conversations.load();
      const view = joined.conversations.get(pond);
      await view.open();
      return { client: joined, view };
    },
    async [Symbol.asyncDispose]() {
      for (const each of clients) each.close();
      await edge.close();
    },
  };
}

/** Resolves as soon as the condition holds, looked at after every change. */
export function when(changing: { subscribe(listener: () => void): () => void }, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const end = changing.subscribe(() => {
      if (!holds()) return;
      end();
      resolve();
    });
  });
}

export const texts = (view: Conversation): readonly (string | undefined)[] =>
  view.messages.filter(({ content }) => content?.type !== 'system').map(({ content }) => content?.text);

export const text = (words: string) => ({ content: { type: 'text' as const, text: words } });
