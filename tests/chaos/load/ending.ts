// What is asked of the mesh when a run is over and everything has come to rest: the logs, each member's lines, and what
// apps show beside what is stored.

import { syncEntries } from '../../../client/topics/sync-entries.ts';
import type { Line, Logged, Stay, View } from '../record.ts';
import type { Notebook } from './notebook.ts';
import type { Person } from './person.ts';
import type { Room } from './plan.ts';
import { loggedOf, shownAs } from './words.ts';

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

/** A member's line, as the service tells it. */
export async function lineOf({ client, name, user }: Person, conversation: string, book: Notebook): Promise<Line> {
  const { conversation: line } = await client.call('conversation.get', { conversation_id: conversation });
  return {
    client: name,
    user,
    conversation,
    unread: line?.membership?.unread_count ?? 0,
    readSeq: line?.membership?.read_seq ?? 0,
    lastSeq: line?.last_seq ?? 0,
    acknowledgedRead: book.reads.get(`${user} ${conversation}`) ?? 0,
  };
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
