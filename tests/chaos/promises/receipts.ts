// How far each member is, held against what the others are told of it: at the end, and as it happened.

import type { History, Line, Mark, Stay } from '../record.ts';
import { arrivalMsMax, recoveryMs } from './time.ts';
import { excusing, touches } from './windows.ts';

/** At rest all devices of a user, and all other members, are told the same; receipts say no more and no less. */
export function* watermarksRight(history: History): Iterable<string> {
  for (const lines of byConversation(history.lines).values()) {
    const marks = new Map<string, Mark>();
    for (const line of lines) {
      const own = ownMark(line);
      const known = marks.get(line.user) ?? own;
      marks.set(line.user, known);
      if (!isSame(known, own))
        yield `${line.client} is told ${words(own)} of ${line.conversation}, and ${words(known)}`;
    }
    for (const line of lines) {
      yield* toldRight(line, marks);
      yield* receiptsRight(line, marks, history.stays);
    }
  }
}

/** What a member is told to have got and read is what devices of theirs were shown, and what they called read. */
export function* marksFollowDevices({ lines, seen, reads, logs, stays }: History): Iterable<string> {
  const shown = new Map<string, { any: number; ofOthers: number }>();
  const since = new Map<string, number>();
  for (const { client, conversation, from, to } of stays)
    if (to === undefined) since.set(`${client} ${conversation}`, from);
  for (const { client, conversation, seq } of seen) {
    const key = `${userOf(client)} ${conversation}`;
    const known = shown.get(key) ?? { any: 0, ofOthers: 0 };
    const { sender = '' } = logs.get(conversation)?.[seq - 1] ?? {};
    const counts = sender !== '' && sender !== userOf(client) && seq >= (since.get(`${client} ${conversation}`) ?? 1);
    shown.set(key, {
      any: Math.max(known.any, seq),
      ofOthers: counts ? Math.max(known.ofOthers, seq) : known.ofOthers,
    });
  }
  const called = new Map<string, number>();
  for (const { user, conversation, seq } of reads) {
    const key = `${user} ${conversation}`;
    called.set(key, Math.max(seq, called.get(key) ?? 0));
  }
  for (const { client, user, conversation, deliveredSeq, readSeq } of lines) {
    const key = `${user} ${conversation}`;
    const { any, ofOthers } = shown.get(key) ?? { any: 0, ofOthers: 0 };
    const read = called.get(key) ?? 0;
    if (deliveredSeq < ofOthers) yield `${client} got ${ofOthers} of ${conversation}, and is told ${deliveredSeq}`;
    if (deliveredSeq > any) yield `${client} got no more than ${any} of ${conversation}, and is told ${deliveredSeq}`;
    if (readSeq > read) yield `${client} read no more than ${read} of ${conversation}, and is told ${readSeq}`;
  }
}

/** Whoever sent the message up to which somebody read is told soon, where both have been members all the time. */
export function* readsTold(history: History): Iterable<string> {
  const { reads, told, logs, lines, stays, away } = history;
  const faults = excusing(history.faults);
  const stayed = stayedAll(stays);
  const tellings = new Map<string, { readSeq: number; at: number }[]>();
  for (const { client, conversation, user, readSeq, at } of told) {
    const key = `${client} ${conversation} ${user}`;
    const known = tellings.get(key);
    if (known) known.push({ readSeq, at });
    else tellings.set(key, [{ readSeq, at }]);
  }
  for (const { user, conversation, seq, from, at } of reads) {
    const { sender = '' } = logs.get(conversation)?.[seq - 1] ?? {};
    if (at === undefined || sender === '' || sender === user) continue;
    const further = (read: History['reads'][number]) =>
      read.user === user && read.conversation === conversation && read.seq > seq && read.from < at;
    if (touches(from, at + arrivalMsMax, faults, recoveryMs) || reads.some(further)) continue;
    for (const { client } of lines.filter((line) => line.user === sender && line.conversation === conversation)) {
      if (!stayed.has(`${sender} ${conversation}`) || !stayed.has(`${user} ${conversation}`)) continue;
      const absences = away.filter((each) => each.client === client);
      if (touches(from, at + arrivalMsMax, absences, 0)) continue;
      const heard = tellings.get(`${client} ${conversation} ${user}`)?.find(({ readSeq }) => readSeq >= seq);
      if (heard === undefined) yield `${client} was never told that ${user} read ${seq} of ${conversation}`;
      else if (heard.at - at > arrivalMsMax)
        yield `${client} was told ${Math.round(heard.at - at)} ms late that ${user} read ${seq} of ${conversation}`;
    }
  }
}

function* toldRight(line: Line, marks: ReadonlyMap<string, Mark>): Iterable<string> {
  const { client, user, conversation, others, shown } = line;
  for (const [other, mark] of marks) {
    if (other === user) continue;
    const told = others.find((each) => each.user === other);
    if (told === undefined || !isSame(told, mark))
      yield `${client} is told ${words(told)} of ${conversation} by ${other}, who has ${words(mark)}`;
    const view = shown.find((each) => each.user === other);
    if (view !== undefined && (view.deliveredSeq > mark.deliveredSeq || view.readSeq > mark.readSeq))
      yield `${client} shows ${words(view)} of ${conversation} by ${other}, who has ${words(mark)}`;
  }
}

function* receiptsRight(line: Line, marks: ReadonlyMap<string, Mark>, stays: readonly Stay[]): Iterable<string> {
  const { client, user, conversation, receipts } = line;
  if (receipts === undefined) return;
  const { seq } = receipts;
  const there = [...marks.values()].filter(
    (mark) =>
      mark.user !== user &&
      stays.some((stay) => isOf(stay, mark.user, conversation) && stay.to === undefined && stay.from <= seq),
  );
  const delivered = there.filter(({ deliveredSeq }) => deliveredSeq >= seq).map((mark) => mark.user);
  const read = there.filter(({ readSeq }) => readSeq >= seq).map((mark) => mark.user);
  for (const [what, right, told] of [
    ['reached', delivered, receipts.delivered],
    ['was read by', read, receipts.read],
  ] as const) {
    if (right.sort().join() !== told.join())
      yield `${seq} of ${conversation} ${what} ${listed(right)}; ${client} is told ${listed(told)}`;
  }
}

function listed(users: readonly string[]): string {
  return users.join(', ') || 'nobody';
}

function ownMark({ user, deliveredSeq, readSeq }: Line): Mark {
  return { user, deliveredSeq: Math.max(deliveredSeq, readSeq), readSeq };
}

function isSame(one: Mark, other: Mark): boolean {
  return one.deliveredSeq === other.deliveredSeq && one.readSeq === other.readSeq;
}

function words(mark: Mark | undefined): string {
  return mark === undefined ? 'nothing' : `${mark.deliveredSeq} delivered, ${mark.readSeq} read`;
}

/** Of `100000000101/phone`. */
function userOf(client: string): string {
  return client.split('/')[0] as string;
}

function isOf(stay: Stay, user: string, conversation: string): boolean {
  return stay.conversation === conversation && userOf(stay.client) === user;
}

/** `user conversation` of those who came once and never went. */
function stayedAll(stays: readonly Stay[]): ReadonlySet<string> {
  const ended = new Set(
    stays.filter(({ to }) => to !== undefined).map(({ client, conversation }) => `${userOf(client)} ${conversation}`),
  );
  const all = stays.map(({ client, conversation }) => `${userOf(client)} ${conversation}`);
  return new Set(all.filter((key) => !ended.has(key)));
}

function byConversation(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const found = new Map<string, Line[]>();
  for (const line of lines) {
    const known = found.get(line.conversation);
    if (known) known.push(line);
    else found.set(line.conversation, [line]);
  }
  return found;
}
