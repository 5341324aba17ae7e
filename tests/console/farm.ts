// A morning on a shrimp farm, told through the SDK: what the pictures of the console show.

import { WebSocket } from 'ws';
import type { Conversation } from '../../client/chat/conversation.ts';
import { type Client, connect } from '../../client/connect.ts';
import { text, when } from '../../client/testing/talk.ts';
import type { Message } from '../../gen/json/api.ts';
import type { RunningMesh } from './running-mesh.ts';

const accountKey = '900000000001';
const people = {
  asha: { userKey: '100000000001', accountKey, displayName: 'Asha' },
  ravi: { userKey: '100000000002', accountKey, displayName: 'Ravi' },
  kiran: { userKey: '100000000003', accountKey, displayName: 'Kiran' },
  meena: { userKey: '100000000004', accountKey, displayName: 'Dr. Meena' },
  vikram: { userKey: '100000000005', accountKey, displayName: 'Vikram' },
};
type Name = keyof typeof people;
type Said = Parameters<Conversation['send']>[0];

const minuteMs = 60_000;

/** Everybody signs in, and says what they have to say; Asha has pinned, muted and read what a manager would. */
export async function tellTheMorning(mesh: RunningMesh): Promise<{ close(): void }> {
  const clients = await signIn(mesh);
  const asha = clients.get('asha') as Client;
  const farm = farmOf(mesh, clients);
  const { notices, read } = await tellAround(farm);
  const ponds = await tellPonds(farm, clients);
  for (const id of read) await readBy(asha, id);
  await asha.conversations.get(ponds).pin(true);
  await asha.conversations.get(notices).mute(true);
  return {
    close: () => {
      for (const client of clients.values()) client.close();
    },
  };
}

async function signIn(mesh: RunningMesh): Promise<ReadonlyMap<Name, Client>> {
  const clients = new Map<Name, Client>();
  for (const name of Object.keys(people) as Name[]) {
    const token = () => mesh.chat.host.issuer.issueUser(people[name]);
    const client = connect({ url: mesh.url, token, WebSocket });
    clients.set(name, client);
    await when(client, () => client.state.name === 'online');
    await client.conversations.load();
  }
  return clients;
}

/** How people of the farm talk: each word is said some minutes after the one before. */
type Farm = ReturnType<typeof farmOf>;

function farmOf(mesh: RunningMesh, clients: ReadonlyMap<Name, Client>) {
  const of = (name: Name): Client => clients.get(name) as Client;
  return {
    of,
    async say(where: string, who: Name, said: string | Said, afterMinutes = 1): Promise<Message> {
      mesh.chat.move(afterMinutes * minuteMs);
      const conversation = of(who).conversations.get(where);
      return conversation.send(typeof said === 'string' ? text(said) : said).stored;
    },
    async make(by: Name, type: 'direct' | 'group' | 'channel' | 'self', others: readonly Name[], name?: string) {
      const info = name === undefined ? {} : { info: { name } };
      const keys = others.map((other) => people[other].userKey);
      return (await of(by).conversations.create({ type, participant_keys: keys, ...info })).id;
    },
  };
}

/** All but the ponds' conversation; `read` are those that Asha has read. */
async function tellAround({ make, say }: Farm) {
  const notes = await make('asha', 'self', []);
  await say(notes, 'asha', 'Ask for the lime price in Eluru');
  const notices = await make('vikram', 'channel', ['asha', 'ravi', 'kiran'], 'Farm notices');
  await say(notices, 'vikram', 'Power cut on Sunday, 10:00 to 12:00. Generators are tested on Saturday.', 2);
  const vet = await make('meena', 'direct', ['asha']);
  await say(vet, 'meena', 'Gill samples look clean. No treatment needed.', 3);
  const feed = await make('vikram', 'group', ['asha', 'kiran'], 'Feed store');
  await say(feed, 'vikram', '120 bags of 2.5 mm arrived, batch 0611.', 2);
  await say(feed, 'kiran', 'Counted 118. Two were torn, photos go to the supplier.', 4);
  const direct = await make('ravi', 'direct', ['asha']);
  await say(direct, 'ravi', 'The new DO probe read 0.3 too high, I calibrated it.', 2);
  await say(direct, 'ravi', 'It hangs in A2 now, and the spare is charged.');
  return { notices, read: [notes, notices, vet] };
}

async function tellPonds({ make, say, of }: Farm, clients: ReadonlyMap<Name, Client>): Promise<string> {
  const ponds = await make('asha', 'group', ['ravi', 'kiran', 'meena'], 'Ponds A1 to A4');
  await say(ponds, 'ravi', 'Night readings are in: A1 4.8, A2 4.6, A3 4.9, A4 3.2', 2);
  const low = await say(ponds, 'kiran', 'A4 looks low for this hour. They come up at the inlet side.', 2);
  const order = 'Second aerator on in A4 now, please. No feed until it is above 4.';
  await say(ponds, 'asha', {
    content: { type: 'text', text: order, formatted_text: { bold: [[0, 27]] } },
    reply_to_message_id: low.message_id,
  });
  await say(ponds, 'ravi', 'Both run 👍', 2);
  const rising = await say(ponds, 'ravi', 'DO in A4 is 4.4 and rising.', 11);
  const { message_id: risingId = '' } = rising;
  for (const name of ['meena', 'kiran'] as const) await of(name).conversations.get(ponds).react(risingId, '🐟', true);
  await of('asha').conversations.get(ponds).react(risingId, '🙏', true);
  await say(
    ponds,
    'meena',
    {
      content: { type: 'document', caption: 'Water report of yesterday. Ammonia is the one to watch.' },
      attachments: [
        {
          url: 'https://files.example.com/a1-a4.pdf',
          file_name: 'water-quality-A1-A4.pdf',
          file_size: 248_331,
          mime_type: 'application/pdf',
        },
      ],
    },
    6,
  );
  await say(ponds, 'asha', 'Good work tonight. Kiran, can you check the A4 inlet screen when it is light?', 3);
  await everyoneReads(clients, ponds);
  await say(ponds, 'kiran', 'Will do, first thing.', 2);
  return ponds;
}

async function everyoneReads(clients: ReadonlyMap<Name, Client>, id: string): Promise<void> {
  for (const name of ['asha', 'ravi', 'kiran', 'meena'] as const) await readBy(clients.get(name) as Client, id);
}

async function readBy(client: Client, id: string): Promise<void> {
  await client.call('conversation.read', { conversation_id: id });
}
