// The SDK on a real mesh: store, chat, Links and edge in this process, everything between them over loopback.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { denoBinary } from '../../cli/doctor/deno-binary.ts';
import type { Conversation } from '../../client/chat/conversation.ts';
import { type Client, connect } from '../../client/connect.ts';
import { isRepeatable } from '../../client/repeatable.ts';
import { text, texts, when } from '../../client/testing/talk.ts';
import { ChatServiceService } from '../../gen/circuit/chat/v1/chat_service.ts';
import { asha, ravi } from '../../mesh/host/testing.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { openMesh, type RunningMesh } from './running-mesh.ts';

const deno = denoBinary();

let mesh: RunningMesh;
const clients: Client[] = [];

beforeAll(async () => {
  mesh = await openMesh();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await mesh.close();
});

/** The sockets of a client, so that a test can cut them. */
class Cuttable extends WebSocket {
  static readonly open = new Set<Cuttable>();

  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    Cuttable.open.add(this);
    this.on('close', () => Cuttable.open.delete(this));
  }
}

async function person(user: typeof asha): Promise<Client> {
  const client = connect({
    url: mesh.url,
    token: () => mesh.chat.host.issuer.issueUser(user),
    WebSocket: Cuttable,
  });
  clients.push(client);
  await when(client, () => client.state.name === 'online');
  await client.conversations.load();
  return client;
}

/** Two people with a group of their own, open at both. */
async function group(
  name: string,
  type: 'group' | 'channel' = 'group',
): Promise<{ asha: Client; ravi: Client; hers: Conversation; his: Conversation }> {
  const [one, other] = [await person(asha), await person(ravi)];
  const hers = await one.conversations.create({ type, participant_keys: [ravi.userKey], info: { name } });
  await when(other.conversations, () =>
    other.conversations.items.some(({ id, summary }) => id === hers.id && summary !== undefined),
  );
  const his = other.conversations.get(hers.id);
  await Promise.all([hers.open(), his.open()]);
  return { asha: one, ravi: other, hers, his };
}

describe('the SDK on a real mesh', () => {
  it('shows at one what the other does, and the ticks at the sender', async () => {
    const { hers, his } = await group('Pond A1');
    const { message_id } = await hers.send(text('DO is 3.1')).stored;
    await when(his, () => texts(his).includes('DO is 3.1'));
    expect(his.unread).toBe(1);
    his.markRead();
    expect(his.unread).toBe(0);
    await when(hers, () => hers.messages.at(-1)?.status === 'read');

    await his.react(message_id, '🐟', true);
    await hers.edit(message_id, { type: 'text', text: 'DO is 2.1' });
    await when(his, () => texts(his).includes('DO is 2.1') && his.messages.at(-1)?.reactions?.[0]?.count === 1);
    his.type();
    await when(hers, () => hers.typing[0]?.display_name === 'Ravi');
    await hers.remove(message_id, 'everyone');
    await when(his, () => his.messages.at(-1)?.deleted?.is_deleted === true);
    expect(JSON.stringify(his.messages)).not.toContain('DO is');
  });

  it('follows who comes, who goes and who may do what', async () => {
    const { hers, his, ravi: client } = await group('Pond A2');
    await hers.changeRole(ravi.userKey, 'admin');
    await when(his, () => his.membership?.role === 'admin');
    await hers.removeMember(ravi.userKey);
    await when(client.conversations, () => !client.conversations.items.includes(his));
    await expect(his.send(text('still there?')).stored).rejects.toMatchObject({
      code: expect.stringMatching(/NOT_FOUND|PERMISSION/),
    });
    await hers.addMembers([ravi.userKey]);
    await when(client.conversations, () => client.conversations.items.includes(his));
    await hers.send(text('welcome back')).stored;
    await his.open();
    await when(his, () => texts(his).includes('welcome back'));
  });

  it('keeps two devices of one person the same: read, pinned, muted, archived, draft, hidden', async () => {
    const { hers, his } = await group('Pond A3');
    const second = await person(ravi);
    const there = second.conversations.get(hers.id);
    await there.open();
    const { message_id } = await hers.send(text('feed is in')).stored;
    await when(there, () => there.unread === 1);
    await when(his, () => his.unread === 1);
    his.markRead();
    await his.pin(true);
    await his.mute(true);
    await his.archive(true);
    await his.saveDraft('which batch?');
    await his.remove(message_id, 'self');
    await when(there, () => {
      const { pinned, muted, archived, draft } = there.membership ?? {};
      const same = pinned && muted && archived && draft?.content === 'which batch?';
      return Boolean(same) && there.unread === 0 && !texts(there).includes('feed is in');
    });
    expect(texts(hers)).toContain('feed is in');
  });

  it('shows every message once and in order, though every line is cut again and again', async () => {
    const { asha: one, ravi: other, hers, his } = await group('Pond A4');
    const heard: string[] = [];
    other.on('message.new', ({ message }) => {
      if (message.conversation_id === hers.id) heard.push(message.content?.text ?? '');
    });
    const written: string[] = [];
    const stored: Promise<unknown>[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (let count = 0; count < 20; count += 1) {
        const words = `reading ${round}.${count}`;
        written.push(words);
        stored.push(hers.send(text(words)).stored);
        if (count % 7 === 3) await new Promise((resolve) => setImmediate(resolve));
      }
      for (const socket of [...Cuttable.open]) socket.terminate();
      await when(one, () => one.state.name === 'online');
    }
    await Promise.all(stored);
    await when(other, () => other.state.name === 'online');
    await when(his, () => texts(his).length >= written.length);

    expect(texts(his)).toEqual(written);
    expect(texts(hers)).toEqual(written);
    expect(heard).toEqual(written);
  }, 60_000);

  it('loads history page by page, and quotes and forwards arrive', async () => {
    const { hers, his, asha: one } = await group('Pond B1');
    await Promise.all(Array.from({ length: 130 }, (_, index) => hers.send(text(`reading ${index}`)).stored));
    const fresh = (await person(ravi)).conversations.get(hers.id);
    await fresh.open();
    expect(fresh.messages).toHaveLength(50);
    while (fresh.hasOlder) await fresh.loadOlder();
    expect(texts(fresh)).toEqual(Array.from({ length: 130 }, (_, index) => `reading ${index}`));

    const target = his.messages.at(-1)?.message_id ?? '';
    await his.send({ ...text('check it'), reply_to_message_id: target }).stored;
    await when(hers, () => hers.messages.at(-1)?.reply_to?.content_preview === 'reading 129');
    const notes = await one.conversations.create({ type: 'self' });
    await notes.open();
    await hers.forward(target, notes.id);
    await when(notes, () => notes.messages.at(-1)?.forwarded_from !== undefined);
    expect(texts(notes).at(-1)).toBe('reading 129');
  }, 60_000);

  it('follows a conversation above 256 members while it is open, and its head in the list all the time', async () => {
    const users = Array.from({ length: 300 }, (_, index) => `${200_000_000_000 + index}`);
    const server = mesh.chat.host.asService({ kind: 'domain_server', key: 'fish', accountKeys: [asha.accountKey] });
    const pages = [0, 100, 200].map((from) => users.slice(from, from + 100));
    for (const page of pages) {
      const known = page.map((userKey) => ({ userKey, displayName: `Farmer ${userKey}`, avatarUrl: '' }));
      await server.call(ChatServiceService.putUsers, { accountKey: asha.accountKey, users: known });
    }
    const { hers, ravi: client, his } = await group('All farmers', 'channel');
    for (const page of pages) await hers.addMembers(page);
    await when(his, () => his.summary?.member_count === 302);
    await hers.send(text('Harvest begins')).stored;
    await when(his, () => texts(his).includes('Harvest begins'));

    const late = await person(ravi);
    const topic = `c:${hers.id}`;
    expect(late.follows(topic)).toBe(false);
    const view = late.conversations.get(hers.id);
    await hers.send(text('Ice truck at 04:30')).stored;
    await when(late.conversations, () => view.summary?.last_message?.content_preview === 'Ice truck at 04:30');
    await view.open();
    expect(late.follows(topic)).toBe(true);
    await hers.send(text('Six tonnes')).stored;
    await when(view, () => texts(view).at(-1) === 'Six tonnes');
    view.release();
    expect(late.follows(topic)).toBe(false);
    expect(client.state.name).toBe('online');
  }, 60_000);

  it.skipIf(deno === undefined)(
    'runs on Deno from the same sources',
    async () => {
      const { hers } = await group('Deno');
      const token = await mesh.chat.host.issuer.issueUser(ravi);
      const flags = ['run', '--no-lock', '--allow-net=127.0.0.1', 'tests/console/deno-person.ts'];
      const there = spawn(deno as string, [...flags, mesh.url, token, hers.id], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = once(there, 'exit');
      try {
        await when(hers, () => texts(hers).includes('Here, on Deno'));
        await hers.send(text('What is DO?')).stored;
        await when(hers, () => texts(hers).includes('2.1'));
        expect((await ended)[0]).toBe(0);
      } finally {
        there.kill();
      }
    },
    60_000,
  );

  it('repeats exactly the calls that the API says may be repeated', () => {
    const { events } = loadApiFile();
    const chat = [...events.values()].filter(({ service, callers }) => service === 'chat' && callers.includes('user'));
    const wrong = chat.filter((method) => {
      const request = method.requestId === '' ? {} : { [method.requestId]: 'id' };
      return isRepeatable(method.event, request) !== (method.repeatable || setsOnly.has(method.event));
    });
    expect(chat.length).toBeGreaterThan(20);
    expect(wrong.map(({ event }) => event)).toEqual([]);
  });
});

/** Marked IDEMPOTENT in the proto: they set something to a value, and carry no request id. */
const setsOnly: ReadonlySet<string> = new Set([
  'conversation.read',
  'conversation.delivered',
  'conversation.mute',
  'conversation.pin',
  'conversation.archive',
  'conversation.draft',
  'typing.start',
  'typing.stop',
]);
