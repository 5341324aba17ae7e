// What must hold of a conversation after everything that went wrong: checked against the store, against what callers
// were told, and against what apps have seen.

import { expect } from 'vitest';
import { CircuitError } from '../../../../mesh/errors/circuit-error.ts';
import type { UserEntry } from '../../user-log/user-entry.ts';
import type { ConversationDocument } from '../conversation-document.ts';
import type { Change, ReactionRow } from '../conversation-log.ts';
import type { Entry, MessageDocument } from '../entry.ts';
import { openFor } from '../kept-open.ts';
import { type MemberRow, unreadOf } from '../member-row.ts';
import { perform, type Request } from './actions.ts';
import { Client } from './client.ts';
import { emptyModel, isDeleted, type Model, takeEntry } from './model.ts';
import type { Process, TestLogs } from './test-logs.ts';

export type Happened = {
  readonly logs: TestLogs;
  readonly pond: string;
  readonly people: readonly string[];
  readonly results: readonly { readonly request: Request; readonly change?: Change; readonly error?: unknown }[];
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
  await expectRetriesAnswered(happened, rescue);
  await rescue.conversations.writeBehind();

  const entries = await logs.db
    .collection<Entry>('messages')
    .find({ conversation_id: pond })
    .sort({ seq: 1 })
    .toArray();
  const model = emptyModel();
  for (const entry of entries) takeEntry(model, entry);
  expectOnce(entries);
  expectToldTruly(results, entries);
  await expectMessages(logs, pond, model, entries);
  await expectRows(happened, model);
  await expectUsersTold(happened, model);
  const [head] = await rescue.topics.heads([`c:${pond}`], AbortSignal.timeout(10_000));
  expect(head).toEqual({ topic: `c:${pond}`, seq: model.seq });
  await expectClients(happened, rescue, model);
  rescue.kill();
}

/** Everybody who was not told what became of their request asks again: it is stored once, or refused. */
async function expectRetriesAnswered({ logs, pond, results }: Happened, rescue: Process): Promise<void> {
  for (const { request, change } of results) {
    const again = await perform(rescue, pond, request, logs.now()).catch((error: unknown) => error);
    if (change?.entry !== undefined) {
      expect(again).toMatchObject({ repeated: true, entry: { seq: change.entry.seq, _id: change.entry._id } });
    } else if (!('entry' in (again as object))) expect(again).toBeInstanceOf(CircuitError);
  }
}

function expectOnce(entries: readonly Entry[]): void {
  const requests = entries.map((entry) => `${entry.sender_key} ${entry.request_id}`);
  expect(new Set(requests).size).toBe(requests.length);
}

/** Who was told a number has that entry; who was refused for a reason of the conversation has none from then. */
function expectToldTruly(results: Happened['results'], entries: readonly Entry[]): void {
  for (const { request, change } of results) {
    if (change?.entry === undefined) continue;
    expect(entries[change.entry.seq - 1]).toMatchObject({
      _id: change.entry._id,
      request_id: request.requestId,
      sender_key: `user:${request.by}`,
    });
  }
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
  for (const row of active) {
    const seen = Math.max(model.ownNumbers.get(row.user_key) ?? 0, model.members.get(row.user_key)!.joinedNumber);
    expect(unreadOf(row, model.number)).toBe(model.number - seen);
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
  }
}

/** One that heard most of what was published, in the order of each process; one that comes from nothing. */
async function expectClients({ pond, processes, chance }: Happened, rescue: Process, model: Model): Promise<void> {
  const live = new Client();
  for (const { published } of processes) {
    for (const event of published) if (event.topic === `c:${pond}` && chance() < 0.8) live.take(event);
  }
  for (const client of [live, new Client()]) {
    while (client.position < model.seq) {
      const page = await rescue.topics.entries(`c:${pond}`, client.position, 7, AbortSignal.timeout(10_000));
      expect(page.events.length).toBeGreaterThan(0);
      for (const event of page.events) client.take(event);
    }
    expect([...client.messages.keys()].sort()).toEqual([...model.messages.keys()].sort());
    for (const [id, shown] of client.messages) {
      const wanted = model.messages.get(id)!;
      expect(shown.text).toBe(wanted.text);
      const reactions = [...shown.reactions].map(([emoji, users]) => [emoji, [...users].sort()]);
      expect(reactions.sort()).toEqual(
        [...wanted.reactions].map(([emoji, users]) => [emoji, [...users].sort()]).sort(),
      );
    }
  }
}
