// What must hold of a conversation after everything that went wrong: checked against the store, against what callers
// were told, and against what apps have seen.

import { expect } from 'vitest';
import { CircuitError } from '../../../../mesh/errors/circuit-error.ts';
import type { Reason } from '../../../../mesh/errors/reasons.ts';
import type { ReactionRow } from '../../conversation-log/conversation-log.ts';
import type { ConversationDocument } from '../../documents/conversation-document.ts';
import type { Entry, MessageDocument } from '../../documents/entry.ts';
import { type MemberRow, unreadOf } from '../../documents/member-row.ts';
import { roles } from '../../documents/words.ts';
import type { UserEntry } from '../../user-log/user-entry.ts';
import { openFor } from '../kept-open.ts';
import { type Action, type Answer, ask, beyondHead, perform, type Request } from './actions.ts';
import { Client } from './client.ts';
import { emptyModel, isDeleted, type Model, takeEntry, takeUserEntry, unreadIn } from './model.ts';
import type { Process, TestLogs } from './test-logs.ts';

/** A request, and what whoever made it was told: an answer, or an error. */
export type Told = { readonly request: Request; readonly answer?: Answer; readonly error?: unknown };

export type Happened = {
  readonly logs: TestLogs;
  readonly pond: string;
  readonly people: readonly string[];
  readonly results: readonly Told[];
  readonly processes: readonly Process[];
  readonly chance: () => number;
};

export async function expectAll(happened: Happened): Promise<void> {
  const { logs, pond, results, processes } = happened;
  await Promise.all(processes.map(({ flaky }) => flaky.idle()));
  logs.move(openFor.raiseByMs + openFor.overdueMs + 1_000);
  const rescue = logs.process();
  await rescue.conversations.sweep();
  await rescue.userLogs.sweep();
  const again = await askedAgain(happened, rescue);
  await rescue.conversations.writeBehind();

  const entries = await logs.db
    .collection<Entry>('messages')
    .find({ conversation_id: pond })
    .sort({ seq: 1 })
    .toArray();
  const model = emptyModel();
  for (const entry of entries) takeEntry(model, entry);
  expectOnce(entries);
  expectToldTruly([...results, ...again], entries);
  await expectMessages(logs, pond, model, entries);
  await expectUsersTold(happened, model);
  await expectRows(happened, model);
  await expectWatermarks(happened, model, [...results, ...again]);
  await expectShown(happened, rescue, model);
  const [head] = await rescue.topics.heads([`c:${pond}`], AbortSignal.timeout(10_000));
  expect(head).toEqual({ topic: `c:${pond}`, seq: model.seq });
  await expectClients(happened, rescue, model);
  rescue.kill();
}

/** Everybody asks again, told or not: the answer is the first one, or a refusal. */
async function askedAgain({ logs, pond, results }: Happened, rescue: Process): Promise<readonly Told[]> {
  const again: Told[] = [];
  for (const { request, answer } of results) {
    try {
      const second = await perform(rescue, pond, request, logs.now());
      again.push({ request, answer: second });
      if (answer?.message !== undefined) {
        expect(second.message).toMatchObject({ messageId: answer.message.messageId, seq: answer.message.seq });
      }
      if (answer?.seq) expect(second.seq).toBe(answer.seq);
    } catch (error) {
      expect(error).toBeInstanceOf(CircuitError);
      again.push({ request, error });
      // What was stored, or needed nothing, may by now be out of the question; what made an entry never is.
      if (alwaysStored.has(request.action.do)) expect(answer, (error as Error).message).toBeUndefined();
    }
  }
  return again;
}

/** What makes an entry wherever it is not refused. An edit does since each says something new. */
const alwaysStored: ReadonlySet<Action['do']> = new Set(['send', 'edit', 'leave']);
/** What is no entry of the conversation's log. */
const ownMatters: ReadonlySet<Action['do']> = new Set(['read', 'deliver']);
/** These say nothing of what became of the request. */
const unsure: ReadonlySet<Reason> = new Set(['STORE_UNAVAILABLE', 'SHUTTING_DOWN', 'CONFLICT']);

function expectOnce(entries: readonly Entry[]): void {
  const requests = entries.map(requestOfEntry);
  expect(new Set(requests).size).toBe(requests.length);
}

/** Who was told that it is done has the entry, at the number told; who was only ever refused has none. */
function expectToldTruly(results: readonly Told[], entries: readonly Entry[]): void {
  const stored = new Map(entries.map((entry) => [requestOfEntry(entry), entry]));
  const surelyRefused = new Map<string, boolean>();
  for (const { request, answer, error } of results) {
    if (ownMatters.has(request.action.do)) continue;
    const key = `user:${request.by} ${request.requestId}`;
    const isRefused = error instanceof CircuitError && !unsure.has(error.reason);
    surelyRefused.set(key, isRefused && (surelyRefused.get(key) ?? true));
    if (answer === undefined) continue;
    const entry = stored.get(key);
    if (alwaysStored.has(request.action.do)) expect(entry, `${key} was answered`).toBeDefined();
    // Where nothing was to do, nothing is remembered: the same request may do something later.
    if (answer.seq) expect(entry?.seq).toBe(answer.seq);
    if (request.action.do === 'send') {
      expect(entry).toMatchObject({ _id: answer.message?.messageId, seq: answer.message?.seq });
    }
  }
  for (const [key, isRefused] of surelyRefused) if (isRefused) expect(stored.get(key)).toBeUndefined();
}

function requestOfEntry({ sender_key, request_id }: Entry): string {
  return `${sender_key} ${request_id}`;
}

async function expectMessages(logs: TestLogs, pond: string, model: Model, entries: readonly Entry[]): Promise<void> {
  const rows = await logs.db
    .collection<ReactionRow>('reactions')
    .find({ conversation_id: pond, message_id: { $in: [...model.messages.keys()] } })
    .toArray();
  for (const [id, wanted] of model.messages) {
    const stored = entries[wanted.seq - 1] as MessageDocument;
    expect(stored).toMatchObject({ _id: id, changed: wanted.changed });
    expect(stored.content?.text).toBe(wanted.text);
    expect(stored.deleted !== undefined).toBe(isDeleted(wanted));
    if (isDeleted(wanted)) continue;
    expect(stored.edited?.edit_count ?? 0).toBe(wanted.edits);
    const reactions = (stored.reactions ?? []).map(({ emoji, user_keys, count }) => [
      emoji,
      [...user_keys].sort(),
      count,
    ]);
    const wantedOnes = [...wanted.reactions].map(([emoji, users]) => [emoji, [...users].sort(), users.length]);
    expect(reactions.sort()).toEqual(wantedOnes.sort());
    const inRows = rows
      .filter((row) => row.message_id === id && !row.removed)
      .map((row) => `${row.emoji} ${row.user_key}`);
    const inModel = [...wanted.reactions].flatMap(([emoji, users]) => users.map((key) => `${emoji} ${key}`));
    expect(inRows.sort()).toEqual(inModel.sort());
  }
}

async function expectRows({ logs, pond, people }: Happened, model: Model): Promise<void> {
  const head = await logs.db.collection<ConversationDocument>('conversations').findOne({ _id: pond });
  expect(head).toMatchObject({ last_seq: model.seq, last_number: model.number, member_count: model.members.size });
  const rows = await logs.db
    .collection<MemberRow>('members')
    .find({ user_key: { $in: [...people] }, conversation_id: pond })
    .toArray();
  const active = rows.filter((row) => row.active);
  expect(active.map((row) => [row.user_key, row.role, row.since]).sort()).toEqual(
    [...model.members].map(([key, member]) => [key, member.role, member.since]).sort(),
  );
  for (const row of active) expect(unreadOf(row, model.number)).toBe(unreadIn(model, row.user_key));
  for (const row of rows) expect(row.read_seq ?? 0).toBe(model.reads.get(row.user_key) ?? 0);
}

/** A watermark stands no lower than anybody was told, and no higher than anybody asked. */
async function expectWatermarks(
  { logs, pond, people }: Happened,
  model: Model,
  results: readonly Told[],
): Promise<void> {
  const rows = await logs.db
    .collection<MemberRow>('members')
    .find({ user_key: { $in: [...people] }, conversation_id: pond })
    .toArray();
  for (const { user_key: key, read_seq = 0, delivered_seq = 0 } of rows) {
    const asked = { read: [0], deliver: [0] };
    const done = { read: [0], deliver: [0] };
    // Whoever is not in the conversation is told of no delivery, and refused no call.
    const cameAt = model.told.get(key)?.length === 1 ? (model.members.get(key)?.since ?? Infinity) : Infinity;
    for (const { request, answer } of results) {
      const { by, action } = request;
      if (by !== key || (action.do !== 'read' && action.do !== 'deliver')) continue;
      asked[action.do].push(Math.min(action.seq, model.seq));
      const certain = action.seq > beyondHead ? action.seq - beyondHead : action.seq;
      if (answer !== undefined && (action.do === 'read' || certain >= cameAt)) done[action.do].push(certain);
    }
    for (const [what, stands] of [['read', read_seq] as const, ['deliver', delivered_seq] as const]) {
      expect(stands, `${key} ${what}`).toBeLessThanOrEqual(Math.max(...asked[what]));
      // What was read was delivered, without a note of it.
      const reached = what === 'read' ? stands : Math.max(stands, read_seq);
      expect(reached, `${key} ${what}`).toBeGreaterThanOrEqual(Math.max(...done[what]));
    }
  }
}

/** What handlers show each member: the conversation with its counts, and the messages since they came. */
async function expectShown({ logs, pond }: Happened, rescue: Process, model: Model): Promise<void> {
  for (const [key, { role, since }] of model.members) {
    const { conversation } = await ask(rescue, key, 'getConversation', { conversationId: pond }, logs.now());
    expect(conversation).toMatchObject({
      lastSeq: model.seq,
      lastNumber: model.number,
      memberCount: model.members.size,
      membership: {
        role: roles[role],
        sinceSeq: since,
        readSeq: model.reads.get(key) ?? 0,
        unreadCount: unreadIn(model, key),
      },
    });
    const page = await ask(rescue, key, 'listMessages', { conversationId: pond, pageSize: 100 }, logs.now());
    const shown = page.messages
      .filter(({ number }) => number > 0)
      .map(({ messageId, content }) => [messageId, content?.text]);
    const wanted = [...model.messages].filter(([, { seq }]) => seq >= since).map(([id, { text }]) => [id, text]);
    expect(shown).toEqual(wanted);
  }
}

async function expectUsersTold({ logs, pond, people }: Happened, model: Model): Promise<void> {
  for (const key of people) {
    const entries = await logs.db
      .collection<UserEntry>('user_entries')
      .find({ user_key: key })
      .sort({ seq: 1 })
      .toArray();
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, at) => at + 1));
    const told = entries.flatMap((entry) => {
      if (entry.kind === 'added' && entry.conversation_id === pond) return [`added ${entry.since}`];
      if (entry.kind === 'removed' && entry.conversation_id === pond) return [`removed ${entry.removed_seq}`];
      return [];
    });
    expect(told).toEqual(model.told.get(key) ?? []);
    for (const entry of entries) takeUserEntry(model, pond, entry);
  }
}

/** One that heard most of what was published, in the order of each process; one that comes from nothing. */
async function expectClients({ pond, processes, chance }: Happened, rescue: Process, model: Model): Promise<void> {
  const live = new Client();
  for (const { published } of processes) {
    for (const event of published) if (event.topic === `c:${pond}` && chance() < 0.8) live.take(event);
  }
  const view = await rescue.conversations.viewOf(pond);
  for (const client of [live, new Client()]) {
    while (client.position < model.seq) {
      const page = await rescue.topics.entries(`c:${pond}`, client.position, 7, AbortSignal.timeout(10_000));
      expect(page.events.length).toBeGreaterThan(0);
      for (const event of page.events) client.take(event);
    }
    expect([...client.messages.keys()].sort()).toEqual([...model.messages.keys()].sort());
    for (const [id, shown] of client.messages) {
      const wanted = model.messages.get(id)!;
      const text = shown.isWithheld ? (await view?.message(id))?.content?.text : shown.text;
      expect(text).toBe(wanted.text);
      const reactions = [...shown.reactions].map(([emoji, users]) => [emoji, [...users].sort()]);
      expect(reactions.sort()).toEqual(
        [...wanted.reactions].map(([emoji, users]) => [emoji, [...users].sort()]).sort(),
      );
    }
  }
}
