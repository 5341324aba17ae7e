// Two people on the SDK and a domain server on gRPC talk through a mesh; every line says who saw what, and when.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { Client } from '../../client/connect.ts';
import { ChatServiceService, PostSystemMessageRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { asymmetricKey } from '../../mesh/auth/token-key.ts';

export type DemoOptions = {
  /** Of the edge. */
  readonly url: string;
  /** Of the services. */
  readonly grpc: string;
  /** The data folder of the mesh: its key signs the domain server's token. */
  readonly dataDir: string;
};

const account = '900000000001';
const people = { Asha: '100000000001', Ravi: '100000000002' } as const;
type Person = keyof typeof people;
const withinMs = 20_000;

export async function demo(options: DemoOptions): Promise<void> {
  const startedAt = performance.now();
  const say = (who: string, what: string) => {
    const ms = (performance.now() - startedAt).toFixed(0).padStart(6);
    process.stdout.write(`${ms} ms  ${who.padEnd(5)} ${what}\n`);
  };
  const asha = signIn('Asha', options.url);
  const ravi = signIn('Ravi', options.url);
  try {
    for (const [who, client] of [['Asha', asha] as const, ['Ravi', ravi] as const]) narrate(who, client, say);
    const pond = await asha.conversations.create({ type: 'direct', participant_keys: [people.Ravi] });
    say('Asha', `opened a conversation with Ravi: ${pond.id}`);
    const his = ravi.conversations.get(pond.id);
    await Promise.all([pond.open(), his.open()]);

    const heard = next(ravi, 'message.new');
    const { stored } = pond.send({ content: { type: 'text', text: 'DO in pond A1 is 2.1' } });
    say('Asha', `was told it is stored as number ${(await stored).seq}`);
    await heard;

    const ticks = next(asha, 'delivery.status');
    his.markRead();
    await ticks;

    const answered = next(asha, 'message.new');
    his.send({ content: { type: 'text', text: 'Switching the aerators on' } });
    await answered;

    const notices = Promise.all([next(asha, 'message.new'), next(ravi, 'message.new')]);
    await postNotice(options, pond.id);
    say('fish', 'was told that its notice is stored');
    await notices;

    const reaction = next(ravi, 'message.reaction');
    const [message_id, request_id] = [(await stored).message_id, crypto.randomUUID()];
    await asha.call('message.react', { conversation_id: pond.id, message_id, request_id, emoji: '👍' });
    await reaction;
    say('', 'all of it is stored; start the console to read it');
  } finally {
    asha.close();
    ravi.close();
  }
}

function signIn(who: Person, url: string): Client {
  return new Client({
    url,
    WebSocket,
    token: async () => {
      const response = await fetch(`${url}/api/auth/dev-login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_key: people[who] }),
      });
      if (!response.ok) throw new Error(`${who} cannot sign in: ${response.status} (is it a mesh in dev mode?)`);
      return ((await response.json()) as { token: string }).token;
    },
  });
}

function narrate(who: Person, client: Client, say: (who: string, what: string) => void): void {
  client.subscribe(() => {
    if (client.state.name === 'online') say(who, 'is online');
  });
  client.on('message.new', ({ message }, { seq }) => {
    const from = message.sender.display_name || message.sender.kind;
    const words = message.content?.text ?? message.system?.kind ?? '';
    say(who, `sees number ${seq} of ${from}: ${words}`);
  });
  client.on('message.reaction', ({ emoji }) => say(who, `sees the reaction ${emoji}`));
  client.on('delivery.status', ({ read_seq, delivered_seq }) =>
    say(who, `sees it delivered up to ${delivered_seq}, read up to ${read_seq}`),
  );
}

/** Resolves with the next event of this name; rejects when none comes in time. */
function next(client: Client, event: 'message.new' | 'message.reaction' | 'delivery.status'): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${withinMs} ms`)), withinMs);
    const end = client.on(event, () => {
      clearTimeout(timer);
      end();
      resolve();
    });
  });
}

/** The fish server says that oxygen is low, in its own name. */
async function postNotice({ grpc, dataDir }: DemoOptions, conversationId: string): Promise<void> {
  const key = asymmetricKey(await readFile(join(dataDir, 'keys/token.pem'), 'utf8'));
  const issuer = openIssuer({ key, issuer: 'circuit', audience: 'circuit' });
  const metadata = new Metadata();
  const token = await issuer.issueService({ kind: 'domain_server', key: 'fish', accountKeys: [account] });
  metadata.set('authorization', `Bearer ${token}`);
  const request = PostSystemMessageRequest.fromPartial({
    conversationId,
    clientMessageId: crypto.randomUUID(),
    system: { kind: 'low_do', parameters: new Map([['mg_per_l', '2.1']]) },
    text: 'Oxygen in pond A1 is low: 2.1 mg/l',
  });
  const Service = makeGenericClientConstructor(ChatServiceService, 'ChatService');
  const client = new Service(grpc, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = ChatServiceService.postSystemMessage;
  try {
    await new Promise<void>((resolve, reject) => {
      const deadline = { deadline: Date.now() + withinMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, deadline, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  } finally {
    client.close();
  }
}
