// Two edges and two chat processes on one store, in this process but over real sockets: what follows a conversation for
// users must not depend on which process they, their conversation or their own log belong to.

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Edge, openEdge } from '../../edge/open-edge.ts';
import { App, type Json } from '../../edge/testing/app.ts';
import type { MeshLinks } from '../../mesh/caller/link-client/open-links.ts';
import { ownerOf } from '../../mesh/caller/rendezvous.ts';
import { openTestHost, openTestLinks, openTrust, type TestHost, type Trust } from '../../mesh/host/testing.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { chatService } from '../../services/chat/service.ts';
import { callsOf } from '../../services/chat/testing/person.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const accountKey = '900000000001';
const ponds = 8;
const patienceMs = 5_000;

let store: TestStore;
let trust: Trust;
let hosts: readonly TestHost[];
let links: readonly MeshLinks[];
let edges: readonly Edge[];

beforeAll(async () => {
  trust = openTrust();
  store = await openTestStore({ collections: [...chatService.collections, counters] });
  const peers = new Map<string, string[]>([['chat', []]]);
  const ids = openIds({ db: store.db, key: 'a key for tests' });
  const open = () => openTestHost({ services: [chatService], db: store.db, ids, trust, peers });
  hosts = [await open(), await open()];
  peers.get('chat')?.push(...addresses());
  const { api } = hosts[0] as TestHost;
  links = [await openTestLinks(trust, api, addresses()), await openTestLinks(trust, api, addresses())];
  edges = await Promise.all(
    links.map((each) => openEdge({ api, links: each, verifier: trust.verifier, log: silentLog(), drainMs: 0 })),
  );
});
afterAll(async () => {
  for (const each of [...edges, ...links, ...hosts]) await each.close();
  await store.close();
});

const addresses = () => hosts.map(({ host }) => host.address);
/** Which of the two processes a key belongs to. */
const placeOf = (key: string) => addresses().indexOf(ownerOf(key, addresses()) ?? '');

/** A user whose log belongs to this process, at this edge. */
async function userOf(
  place: number,
  edge: number,
  first: string,
): Promise<{ readonly key: string; readonly app: App }> {
  let key = '';
  for (let n = 1; placeOf(key) !== place || key === ''; n += 1) key = `${first}${String(n).padStart(11, '0')}`;
  const token = await trust.issuer.issueUser({ userKey: key, accountKey, displayName: first });
  const socket = new WebSocket(`ws://127.0.0.1:${edges[edge]?.port}/ws`, 'circuit.v1.json', {
    headers: { authorization: `Bearer ${token}` },
  });
  const app = new App(socket);
  await once(socket, 'open');
  await app.event('ready');
  expect(await app.call('conversation.list')).toMatchObject({ ok: true });
  return { key, app };
}

async function call<Data>(app: App, event: string, data: Json): Promise<Data> {
  const reply = await app.call(event, data);
  if (reply.ok !== true) throw new Error(`${event} was answered with ${JSON.stringify(reply.error)}`);
  return reply.data as Data;
}

async function makePond(app: App, members: readonly string[], n: number): Promise<string> {
  type Created = { readonly conversation: { readonly conversation_id: string } };
  const request = {
    request_id: `request for pond ${n}`,
    type: 'group',
    info: { name: `Pond ${n}` },
    participant_keys: members,
  };
  return (await call<Created>(app, 'conversation.create', request)).conversation.conversation_id;
}

const say = (app: App, conversation_id: string, text: string) =>
  call(app, 'message.send', { conversation_id, client_message_id: text, content: { type: 'text', text } });

type MessageNew = {
  readonly message: { readonly conversation_id: string; readonly content: { readonly text: string } };
};

/** The text of the next message that this app is shown in a conversation. */
async function hears(app: App, conversation: string): Promise<string> {
  const message = (frame: Json) => (frame.data as MessageNew).message;
  const frame = await within(
    app.next((each) => each.event === 'message.new' && message(each).conversation_id === conversation),
    () => `nothing is heard in ${conversation}; there is ${JSON.stringify(app.frames)}`,
  );
  return message(frame).content.text;
}

/** Resolves when this app follows all of these conversations: what is said from then on is shown to it. */
async function follows(app: App, conversations: readonly string[]): Promise<void> {
  const missing = new Set(conversations.map((conversation) => `c:${conversation}`));
  while (missing.size > 0) {
    const { data } = await within(app.event('joined'), () => `${[...missing]} are not joined`);
    for (const topic of Object.keys((data as { readonly topics: object }).topics)) missing.delete(topic);
  }
}

async function within<Value>(work: Promise<Value>, complaint: () => string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

describe('two edges and two chat processes', () => {
  it('bring who was added what is said from then on, and nothing to who was removed', async () => {
    const asha = await userOf(0, 0, '1');
    const ravi = await userOf(1, 1, '2');
    const meena = await userOf(0, 1, '3');
    const made = await Promise.all(
      Array.from({ length: ponds }, (_, n) => makePond(asha.app, [ravi.key, meena.key], n)),
    );
    expect(new Set(made.map(placeOf))).toEqual(new Set([0, 1]));
    await Promise.all([ravi, meena].map(({ app }) => follows(app, made)));
    for (const pond of made) await say(asha.app, pond, `first in ${pond}`);
    for (const { app } of [ravi, meena]) {
      for (const pond of made) expect(await hears(app, pond)).toBe(`first in ${pond}`);
    }

    for (const conversation_id of made) {
      await call(asha.app, 'member.remove', {
        request_id: `out of ${conversation_id}`,
        conversation_id,
        user_key: ravi.key,
      });
      await say(asha.app, conversation_id, `without Ravi in ${conversation_id}`);
    }
    for (const pond of made) expect(await hears(meena.app, pond)).toBe(`without Ravi in ${pond}`);
    for (const conversation_id of made) {
      const refused = await ravi.app.call('message.send', {
        conversation_id,
        client_message_id: `late ${conversation_id}`,
        content: { type: 'text', text: 'too late' },
      });
      expect(refused).toMatchObject({ ok: false, error: { reason: 'NOT_A_MEMBER' } });
    }
    const heard = ravi.app.frames.map((frame) => JSON.stringify(frame));
    expect(heard.filter((frame) => frame.includes('without Ravi'))).toEqual([]);
  });

  it('hand plain calls to the process that owns the conversation, and keep one order', async () => {
    const asha = await userOf(1, 0, '4');
    const ravi = await userOf(0, 1, '5');
    const ponds = await Promise.all([10, 11, 12, 13].map((n) => makePond(asha.app, [ravi.key], n)));
    await follows(ravi.app, ponds);
    const user = { userKey: asha.key, accountKey, displayName: '4' };
    const places = hosts.map((host) => callsOf(host.asUser(user)));
    for (const conversationId of ponds) {
      const sent = await Promise.all(
        Array.from({ length: 10 }, async (_, n) => {
          const content = { type: 1, text: `plain ${n}` } as const;
          return (await places[n % 2]?.('sendMessage', { conversationId, content }))?.message?.seq;
        }),
      );
      const seqs = sent.map(Number).sort((one, other) => one - other);
      expect(seqs).toEqual(Array.from({ length: 10 }, (_, n) => (seqs[0] as number) + n));
      for (let n = 0; n < 10; n += 1) expect(await hears(ravi.app, conversationId)).toMatch(/^plain \d$/);
    }
  });

  it('go on when one of the processes ends: its conversations and logs are the other’s', async () => {
    const asha = await userOf(0, 0, '6');
    const ravi = await userOf(1, 1, '7');
    const ponds = await Promise.all([20, 21, 22, 23].map((n) => makePond(asha.app, [ravi.key], n)));
    await Promise.all([asha, ravi].map(({ app }) => follows(app, ponds)));
    for (const pond of ponds) await say(asha.app, pond, `before in ${pond}`);
    for (const pond of ponds) expect(await hears(ravi.app, pond)).toBe(`before in ${pond}`);
    const ending = hosts[0]?.close();
    for (const pond of ponds) await say(asha.app, pond, `after in ${pond}`);
    for (const pond of ponds) expect(await hears(ravi.app, pond)).toBe(`after in ${pond}`);
    await ending;
    for (const pond of ponds) await say(ravi.app, pond, `alone in ${pond}`);
    for (const pond of ponds) {
      await expect.poll(() => hears(asha.app, pond)).toBe(`alone in ${pond}`);
    }
  });
});
