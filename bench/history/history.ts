// A page of history of a conversation with a thousand messages, and of one with a million: it must take the same time.

import { randomUUID } from 'node:crypto';
import { type Document, MongoClient } from 'mongodb';
import { type BenchMesh, openBenchMesh } from '../load/mesh.ts';
import { ownShare } from '../load/own-share.ts';
import { conversationOf, openTalker, type Talker, userKey } from '../load/talker.ts';
import { median } from '../median.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';

const few = 1_000;
const many = 1_000_000;
const batch = 1_000;
const rounds = 5;
/** In each round, of each conversation. */
const pages = 80;
const backWithinMs = 20_000;

type Place = { readonly name: string; readonly query: (head: number) => object };
const places: readonly Place[] = [
  { name: 'newest', query: () => ({}) },
  { name: 'in the middle', query: (head) => ({ before_seq: Math.floor(head / 2) }) },
  { name: 'around the oldest', query: () => ({ around_seq: 10 }) },
];

export async function rows(): Promise<readonly Row[]> {
  const mesh = await openBenchMesh();
  try {
    const talker = await openTalker(mesh.port, await mesh.tokenOf(userKey(0)));
    // Whoever signs in is known to chat, and can be a member.
    const others = [await openTalker(mesh.port, await mesh.tokenOf(userKey(1)))];
    others.push(await openTalker(mesh.port, await mesh.tokenOf(userKey(2))));
    const small = await filled(mesh, talker, few, 'a thousand');
    const large = await filled(mesh, talker, many, 'a million');
    const measured: Row[] = [];
    for (const { name, query } of places) {
      const [short, long]: [number[], number[]] = [[], []];
      await medianPageMs(talker, small, query(few));
      await medianPageMs(talker, large, query(many));
      const share = ownShare();
      for (let round = 0; round < rounds; round++) {
        short.push(await medianPageMs(talker, small, query(few)));
        long.push(await medianPageMs(talker, large, query(many)));
      }
      measured.push({
        name: `page of 50, ${name}, of ${many.toLocaleString('en-GB')} messages`,
        ...quoted(long),
        unit: 'ms',
        ...against(long, short),
        of: `the same of ${few.toLocaleString('en-GB')}`,
        goal: 1.25,
        less: true,
        generator: share(),
        note: `each round the median of ${pages} pages, one after another, from socket to socket`,
      });
    }
    talker.close();
    for (const other of others) other.close();
    return measured;
  } finally {
    await mesh.close();
  }
}

/** A conversation with so many messages: the first is sent, the rest are written below the services, as copies. */
async function filled(mesh: BenchMesh, talker: Talker, count: number, name: string): Promise<string> {
  const conversation = await conversationOf(talker, [userKey(1), userKey(2)], `${name} ${randomUUID().slice(0, 8)}`);
  await talker.call('message.send', {
    conversation_id: conversation,
    client_message_id: randomUUID(),
    content: { type: 'text', text: 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run.' },
  });
  // The services hold the conversation's head in memory: they read it anew after a restart.
  const client = await MongoClient.connect(mesh.storeUri);
  try {
    const db = client.db('circuit');
    const messages = db.collection<Document>('messages');
    const stored = await messages.findOne({ conversation_id: conversation, kind: 'message', seq: { $gt: 0 } });
    if (!stored) throw new Error('there is no stored message to copy');
    const head = stored.seq as number;
    for (let at = 1; at < count; at += batch) {
      const documents = Array.from({ length: Math.min(batch, count - at) }, (_, index) => copyOf(stored, at + index));
      await messages.insertMany(documents, { ordered: false });
    }
    const last = head + count - 1;
    await db
      .collection<Document>('conversations')
      .updateOne({ _id: conversation as never }, { $set: { last_seq: last, last_number: count } });
  } finally {
    await client.close();
  }
  await mesh.mesh.killAndAwait('services');
  await untilAnswered(() => talker.call('conversation.get', { conversation_id: conversation }));
  return conversation;
}

/** The edge needs a moment to find the services that came back. */
async function untilAnswered(call: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + backWithinMs;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function copyOf(stored: Document, offset: number): Document {
  const id = `9${String(Number(stored.conversation_id) % 10_000).padStart(4, '0')}${String(offset).padStart(7, '0')}`;
  return {
    ...stored,
    _id: id,
    seq: stored.seq + offset,
    number: stored.number + offset,
    changed: stored.seq + offset,
    request_id: `copy-${offset}`,
  };
}

async function medianPageMs(talker: Talker, conversation: string, query: object): Promise<number> {
  const times: number[] = [];
  for (let page = 0; page < pages; page++) {
    const started = performance.now();
    const { messages } = await talker.call<{ messages: unknown[] }>('message.list', {
      conversation_id: conversation,
      page_size: 50,
      ...query,
    });
    times.push(performance.now() - started);
    if (messages.length < 25) throw new Error(`a page has only ${messages.length} messages`);
  }
  return median(times);
}
