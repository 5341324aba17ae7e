// What is asked of the mesh when a run is over and everything has come to rest: the logs, each member's lines, and what
// apps show beside what is stored.

import type { Client } from '../../../client/connect.ts';
import { syncEntries } from '../../../client/topics/sync-entries.ts';
import type { MemberReceipt, Participant } from '../../../gen/json/api.ts';
import type { Line, Logged, Mark, Receipts, Stay, View } from '../record.ts';
import type { Person } from './person.ts';
import type { Room } from './plan.ts';
import { deletedWords, loggedOf, shownAs } from './words.ts';

/** A page of history that is held against what an app shows. */
const viewPage = 50;
/** Everything was created before anybody listened: the first entry is known, the next must have been seen. */
const firstSeen = 2;

/** Every entry of a conversation's log, asked by its owner, who was there from the start. */
export async function logOf(owner: Person, conversation: string): Promise<readonly Logged[]> {
  const topic = `c:${conversation}`;
  const log: Logged[] = [];
  for (;;) {
    const { topics, more } = await syncEntries(
      (event, data) => owner.client.call(event as 'sync', data as never),
      [{ topic, seq: log.at(-1)?.seq ?? 0 }],
    );
    for (const { seq, event, data } of topics[0]?.entries ?? []) log.push(loggedOf(seq, event, data));
    if (!more) return log;
  }
}

/** When each of these clients was a member, by the log. */
export function staysIn(conversation: string, log: readonly Logged[], people: readonly Person[]): readonly Stay[] {
  return people.flatMap(({ name, user }) => {
    const stays: Stay[] = [];
    for (const { seq, came, went } of log) {
      const seesFrom = seq === 1 ? firstSeen : undefined;
      if (came.includes(user)) stays.push({ client: name, conversation, from: seq, to: undefined, seesFrom });
      const last = stays.at(-1);
      if (last !== undefined && went.includes(user)) stays[stays.length - 1] = { ...last, to: seq };
    }
    return stays;
  });
}

/** A member's line, what they are told of the others, and what history gives them from before they came. */
export async function lineOf({ client, name, user }: Person, id: string, log: readonly Logged[]): Promise<Line> {
  const { conversation } = await client.call('conversation.get', { conversation_id: id });
  const { membership, last_seq, last_message, participants = [] } = conversation;
  const before = await client.call('message.list', { conversation_id: id, before_seq: membership?.since_seq ?? 1 });
  const marks = (members: readonly Participant[]) => members.filter(({ user_key }) => user_key !== user).map(markOf);
  return {
    client: name,
    user,
    conversation: id,
    unread: membership?.unread_count ?? 0,
    deliveredSeq: membership?.delivered_seq ?? 0,
    readSeq: membership?.read_seq ?? 0,
    lastSeq: last_seq,
    previewSeq: last_message?.seq ?? 0,
    fromBefore: before.messages.length,
    others: marks(participants),
    shown: marks(client.conversations.get(id).members),
    receipts: await receiptsOf(client, id, newestOwn(user, log, membership?.since_seq ?? 1)),
  };
}

/** Up to which number the service knows it to be delivered to this user, who came at `since`. */
export async function deliveredTo({ client }: Person, id: string): Promise<{ delivered: number; since: number }> {
  const { conversation } = await client.call('conversation.get', { conversation_id: id });
  const { delivered_seq = 0, since_seq = 1 } = conversation.membership ?? {};
  return { delivered: delivered_seq, since: since_seq };
}

function markOf({ user_key, delivered_seq = 0, read_seq = 0 }: Participant): Mark {
  return { user: user_key, deliveredSeq: delivered_seq, readSeq: read_seq };
}

/** The newest message that this user sent, since they came, and that was not deleted. */
function newestOwn(user: string, log: readonly Logged[], since: number): Logged | undefined {
  const deleted = new Set(log.map(({ what }) => what));
  return log.findLast(
    ({ sender, seq, what }) => sender === user && seq >= since && !deleted.has(deletedWords(idIn(what))),
  );
}

async function receiptsOf(client: Client, id: string, own: Logged | undefined): Promise<Receipts | undefined> {
  if (own === undefined) return undefined;
  const request = { conversation_id: id, message_id: idIn(own.what) };
  const { receipts } = await client.call('message.receipts', request);
  const users = (told: readonly MemberReceipt[]) => told.map(({ user_key }) => user_key).sort();
  return {
    seq: own.seq,
    delivered: users(receipts.filter(({ delivered_at }) => delivered_at !== undefined)),
    read: users(receipts.filter(({ read_at }) => read_at !== undefined)),
  };
}

/** Of `message 000000000017`. */
function idIn(what: string): string {
  return what.split(' ')[1] as string;
}

/** What the app shows of the newest page, and what the service says it is. */
export async function viewOf({ client, name }: Person, conversation: string): Promise<View> {
  const page = await client.call('message.list', { conversation_id: conversation, page_size: viewPage });
  const stored = (page.messages ?? []).map(shownAs);
  const shown = client.conversations.get(conversation).messages.slice(-stored.length).map(shownAs);
  return { client: name, conversation, shown, stored };
}

/** Whether this is a member at the end, by the log. */
export function isMember(user: string, log: readonly Logged[]): boolean {
  const last = log.findLast(({ came, went }) => came.includes(user) || went.includes(user));
  return last?.came.includes(user) ?? false;
}

export function isOwner(person: Person, { owner }: Room): boolean {
  return person.user === owner;
}
