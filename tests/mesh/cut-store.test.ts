// Two chat processes on one store, of which one loses its way there: its conversations are the other's until it has
// found it again.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SendMessageRequest, SendMessageResponse } from '../../gen/circuit/chat/v1/chat_service.ts';
import type { MeshLinks } from '../../mesh/caller/link-client/open-links.ts';
import { asha, openTestHost, openTestLinks, openTrust, ravi, type TestHost } from '../../mesh/host/testing.ts';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import { type Connection, connectStore } from '../../mesh/store/connect.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { chatService } from '../../services/chat/service.ts';
import { callsOf } from '../../services/chat/testing/person.ts';
import { Wire } from '../chaos/proxy.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const trust = openTrust();
const signal = new AbortController().signal;
const chats = 12;

let store: TestStore;
let wire: Wire;
let connections: readonly Connection[];
let hosts: readonly TestHost[];
let links: MeshLinks;

async function openHost({ db, ping }: Connection): Promise<TestHost> {
  const ids = openIds({ db, key: 'a key for tests' });
  return openTestHost({ services: [chatService], db, ids, trust, ready: ping });
}

beforeAll(async () => {
  store = await openTestStore({ collections: [...chatService.collections, counters] });
  wire = await Wire.open('chat>store');
  wire.leadTo(store.uri);
  const cuttable = `${store.uri.replace(/\/\/[^/]+/, `//${wire.address}`).replace(/\?.*/, '')}?directConnection=true`;
  const connect = (uri: string) => connectStore({ uri, log: silentLog(), selectionMs: 1_000 });
  connections = await Promise.all([connect(store.uri), connect(cuttable)]);
  hosts = await Promise.all(connections.map(openHost));
  const { api } = hosts[0]!;
  links = await openTestLinks(
    trust,
    api,
    hosts.map(({ host }) => host.address),
  );
});
afterAll(async () => {
  await links.close();
  wire.heal();
  for (const each of [...hosts, ...connections]) await each.close();
  await wire.close();
  await store.close();
});

it('a process without its database is given none of its conversations until it is back', async () => {
  // Whoever calls is known from then on.
  await callsOf(hosts[0]!.asUser(ravi))('listConversations');
  const create = callsOf(hosts[0]!.asUser(asha));
  const made = await Promise.all(
    Array.from({ length: chats }, async (_, n) => {
      const request = {
        requestId: randomUUID(),
        type: 2,
        info: { name: `Pond ${n}` },
        participantKeys: [ravi.userKey],
      };
      return (await create('createConversation', request as never)).conversation!.conversationId;
    }),
  );
  const session = links.openSession('s1', await trust.issuer.issueUser(asha));
  const method = hosts[0]!.api.methods.get('circuit.chat.v1.ChatService/SendMessage') as MethodSchema;
  const say = async (conversationId: string, text: string): Promise<number> => {
    const sent = SendMessageRequest.fromPartial({
      conversationId,
      clientMessageId: randomUUID(),
      content: { type: 1, text },
    });
    const request = SendMessageRequest.encode(sent).finish();
    return Number(SendMessageResponse.decode(await links.request({ method, request, session, signal })).message?.seq);
  };
  const sayAll = (text: string) => Promise.all(made.map((conversation) => say(conversation, text)));
  /** Who calls has heard of it, not only who is called. */
  const heardReady = async (ready: boolean): Promise<void> => {
    const heard = new Promise<void>((resolve) => links.onChange(resolve));
    await expect.poll(() => hosts[1]!.host.ready, { timeout: 15_000 }).toBe(ready);
    await heard;
  };
  await sayAll('before');

  wire.cut();
  await heardReady(false);
  const before = performance.now();
  await sayAll('while it is cut off');
  expect(performance.now() - before).toBeLessThan(5_000);

  wire.heal();
  await heardReady(true);
  await sayAll('after');
});
