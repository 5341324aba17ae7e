// A member's line of a conversation: how much is unread, and how far it is read.

import type { History, Logged, Stay } from '../record.ts';

export function* linesRight({ lines, logs, stays, reads }: History): Iterable<string> {
  const acknowledged = new Map<string, number>();
  for (const { user, conversation, seq, at } of reads) {
    const key = `${user} ${conversation}`;
    if (at !== undefined) acknowledged.set(key, Math.max(seq, acknowledged.get(key) ?? 0));
  }
  for (const line of lines) {
    const { client, user, conversation, unread, readSeq, lastSeq } = line;
    const acknowledgedRead = acknowledged.get(`${user} ${conversation}`) ?? 0;
    const log = logs.get(conversation) ?? [];
    const where = `of ${conversation}`;
    if (lastSeq !== log.length) yield `${client} is told that ${lastSeq} is the last ${where}; it is ${log.length}`;
    if (readSeq < acknowledgedRead) yield `${client} had read ${acknowledgedRead} ${where}, and is told ${readSeq}`;
    if (readSeq > log.length) yield `${client} is told to have read ${readSeq} ${where}, which ends at ${log.length}`;
    const since = stays.find((stay) => isCurrent(stay, client, conversation))?.from ?? 1;
    const right = unreadAfter(log, user, Math.max(readSeq, since));
    if (unread !== right) yield `${client} has ${right} unread ${where}, and is told ${unread}`;
  }
}

/** User messages above what was read, what one said last oneself, and where one came. */
function unreadAfter(log: readonly Logged[], user: string, seq: number): number {
  const own = log.findLast(({ sender }) => sender === user)?.seq ?? 0;
  return log.filter((entry) => entry.sender !== '' && entry.seq > Math.max(own, seq)).length;
}

function isCurrent({ client, conversation, to }: Stay, of: string, inConversation: string): boolean {
  return client === of && conversation === inConversation && to === undefined;
}
