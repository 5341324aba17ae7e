// The users' own logs of this process, over the one machinery of logs. In-process is enough: two processes that write
// the same user's log are told apart by its unique indexes.

import type { Collection, Db } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { type ReceiptDocument, receiptWrite } from '../conversation-log/receipts.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { aboutOf } from '../log/about.ts';
import { GroupedWrites } from '../log/grouped-writes.ts';
import type { LogGround } from '../log/log-kind.ts';
import { Logs } from '../log/logs.ts';
import type { Operation, Result } from '../log/operation.ts';
import { Compaction } from './compaction.ts';
import { userPage } from './entries-page.ts';
import { Gathering } from './gathering.ts';
import { effectOf } from './row-change.ts';
import type { NewUserEntry, RowNow, StoredRowChange, UserEntry } from './user-entry.ts';
import { type HiddenMessage, type UserDocuments, type UserLogHead, type UserState, userKind } from './user-kind.ts';
import type { Cleared, DeliveredMark, LogUser, RowChange, RowChanged, UserEntryPage, UserLogs } from './user-logs.ts';

export type UserLogsOptions = {
  readonly db: Db;
  readonly ground: LogGround;
  readonly publish: (entry: UserEntry) => void;
  /** How long frequent changes of one's own rows wait for others, in milliseconds; a second unless given. */
  readonly gatherMs?: number | undefined;
  /** Head documents of conversations, as new as they are known here. */
  readonly heads: (
    accountKey: string,
    conversationIds: readonly string[],
  ) => Promise<ReadonlyMap<string, ConversationDocument>>;
  /** A row with the user's own last number, which is written behind: without it their own message would be unread. */
  readonly rowAsKnownHere: (row: MemberRow) => MemberRow;
};

/** What follows from a conversation's entry in the logs of the users that it concerns. */
export type CauseInLog = {
  readonly conversationId: string;
  readonly accountKey: string;
  readonly seq: number;
  readonly at: number;
};

export class OpenUserLogs implements UserLogs {
  readonly #logs: Logs<UserState, UserEntry, NewUserEntry>;
  readonly #options: UserLogsOptions;
  readonly #documents: UserDocuments;
  readonly #compaction: Compaction;
  /** By user; each goes when its user has been quiet for a window. */
  readonly #gatherings = new Map<string, Gathering<RowChanged>>();
  /** The last change called for, by row, while it is not ready; each is one of the calls under way. */
  readonly #coming = new Map<string, Promise<unknown>>();

  constructor(options: UserLogsOptions) {
    const { db, ground, publish } = options;
    const heads: Collection<UserLogHead> = db.collection('user_logs');
    const rows: Collection<MemberRow> = db.collection('members');
    const hidden: Collection<HiddenMessage> = db.collection('hidden_messages');
    const receipts: Collection<ReceiptDocument> = db.collection('receipts');
    this.#options = options;
    this.#documents = {
      entries: db.collection<UserEntry>('user_entries'),
      heads,
      rows,
      hidden,
      writtenHeads: new GroupedWrites(heads),
      writtenRows: new GroupedWrites(rows),
      writtenHidden: new GroupedWrites(hidden),
      writtenReceipts: new GroupedWrites(receipts),
      rowsNow: (user, conversationIds) => this.#rowsNow(user, conversationIds),
    };
    this.#logs = new Logs(userKind(this.#documents, publish, ground.clock), ground);
    this.#compaction = new Compaction({ entries: this.#documents.entries, heads, ground });
  }

  changeRow: UserLogs['changeRow'] = async (user, conversationId, change, signal) => {
    const row = `${user.userKey} ${conversationId}`;
    const turn = Promise.allSettled([change, this.#coming.get(row)]);
    this.#coming.set(row, turn);
    const [ready] = await turn;
    if (this.#coming.get(row) === turn) this.#coming.delete(row);
    if (ready.status === 'rejected') throw ready.reason;
    signal.throwIfAborted();
    let gathering = this.#gatherings.get(user.userKey);
    if (gathering === undefined) {
      gathering = new Gathering(
        (changes) => this.#commit(user, changes),
        () => this.#gatherings.delete(user.userKey),
        this.#options.gatherMs,
      );
      this.#gatherings.set(user.userKey, gathering);
    }
    return gathering.change(conversationId, ready.value);
  };

  async clear(user: LogUser, conversationId: string, cleared: Cleared, signal: AbortSignal): Promise<void> {
    await this.#append(user, {
      senderKey: `user:${user.userKey}`,
      // Apart from the ids that are made here.
      requestId: `clear:${cleared.requestId}`,
      about: aboutOf(conversationId),
      after: '',
      users: [],
      read: (names) => this.#readRows(names, user, [conversationId]),
      decide: (_state, found) => {
        const [row] = found as readonly MemberRow[];
        if (row === undefined) throw refuse('CONVERSATION_NOT_FOUND');
        if (cleared.seq < (row.cleared_seq ?? 0)) return { nothing: true };
        const { seq: cleared_seq, number: cleared_number } = cleared;
        return { kind: 'cleared', conversation_id: conversationId, cleared_seq, cleared_number };
      },
      now: this.#options.ground.clock(),
      signal,
    });
  }

  async hideMessages(
    user: LogUser,
    conversationId: string,
    messageIds: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#append(user, {
      ...(await this.#fresh(user, signal)),
      read: () => this.hidden(user, conversationId, messageIds),
      decide: (_state, found) => {
        const hidden = found as ReadonlySet<string>;
        const message_ids = messageIds.filter((id) => !hidden.has(id));
        if (message_ids.length === 0) return { nothing: true };
        return { kind: 'hidden', conversation_id: conversationId, message_ids };
      },
    });
  }

  async hidden(user: LogUser, conversationId: string, messageIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (messageIds.length === 0) return new Set();
    const own = { user_key: user.userKey, account_key: user.accountKey };
    const found = await this.#documents.hidden
      .find({ ...own, conversation_id: conversationId, message_id: { $in: [...messageIds] } })
      .toArray();
    return new Set(found.map(({ message_id }) => message_id));
  }

  async delivered(before: MemberRow, { seq, at, keepTime }: DeliveredMark): Promise<RowChanged> {
    const { user_key, conversation_id, delivered_seq: from = 0 } = before;
    if (seq <= from) return { row: before, moved: false };
    // The time first: after a crash in between, the repeat finds the row as it was and writes what is missing.
    if (keepTime) {
      const move = { watermark: 'delivered', from, to: seq, at: new Date(at) } as const;
      const whose = { conversationId: conversation_id, accountKey: before.account_key, userKey: user_key };
      await this.#documents.writtenReceipts.write(receiptWrite({ ...whose, ...move }));
    }
    await this.#documents.writtenRows.write({
      updateOne: {
        filter: { _id: before._id, user_key, account_key: before.account_key },
        update: { $max: { delivered_seq: seq } },
      },
    });
    return { row: { ...before, delivered_seq: seq }, moved: true };
  }

  async entries(userKey: string, after: number, limit: number): Promise<UserEntryPage> {
    const state = await this.#stateOf(userKey);
    if (state === undefined) return { entries: [], head: 0, gone: false };
    return userPage(this.#documents, state, after, limit);
  }

  async head(userKey: string): Promise<number> {
    return (await this.#stateOf(userKey))?.seq ?? 0;
  }

  /** From a conversation's log: the user is in it from `cause.seq` on. May be repeated. */
  async added(cause: CauseInLog, userKey: string, addedBy: string, follow: boolean): Promise<void> {
    await this.#appendCause(cause, userKey, {
      kind: 'added',
      conversation_id: cause.conversationId,
      since: cause.seq,
      added_by: addedBy,
      follow,
    });
  }

  /** From a conversation's log: the user is in it no more. May be repeated. */
  async removed(cause: CauseInLog, userKey: string): Promise<void> {
    await this.#appendCause(cause, userKey, {
      kind: 'removed',
      conversation_id: cause.conversationId,
      removed_seq: cause.seq,
    });
  }

  sweep(): Promise<number> {
    return this.#logs.sweep();
  }

  /** Removes entries that are too old, of logs whose time has come. */
  compact(): Promise<number> {
    return this.#compaction.sweep();
  }

  writeBehind(): Promise<void> {
    return this.#logs.writeBehind();
  }

  async close(): Promise<void> {
    for (const gathering of this.#gatherings.values()) gathering.close();
    await Promise.all([this.#compaction.close(), this.#logs.close()]);
  }

  async #commit(user: LogUser, changes: ReadonlyMap<string, RowChange>) {
    const ids = [...changes.keys()];
    const before = new Map<string, MemberRow>();
    const result = await this.#append(user, {
      ...(await this.#fresh(user, this.#options.ground.signal)),
      read: (names) => this.#readRows(names, user, ids),
      decide: (_state, found) => {
        const effects: StoredRowChange[] = [];
        before.clear();
        for (const row of found as readonly MemberRow[]) {
          before.set(row.conversation_id, row);
          const effect = effectOf(row, changes.get(row.conversation_id)!);
          if (effect !== undefined) effects.push(effect);
        }
        return effects.length === 0 ? { nothing: true } : { kind: 'rows', changes: effects };
      },
    });
    const rows = result.entry?.kind === 'rows' ? (result.entry.rows ?? []) : [];
    const after = new Map(rows.map(({ row }) => [row.conversation_id, row]));
    return (conversationId: string): RowChanged => {
      const row = after.get(conversationId) ?? before.get(conversationId);
      if (row === undefined) throw refuse('CONVERSATION_NOT_FOUND');
      return { row, moved: after.has(conversationId) };
    };
  }

  /** The user's rows as they are, for a decision that changes them. */
  async #readRows(names: Set<string>, { userKey, accountKey }: LogUser, conversationIds: readonly string[]) {
    for (const id of conversationIds) names.add(id);
    const filter = { user_key: userKey, account_key: accountKey, conversation_id: { $in: [...conversationIds] } };
    const rows = await this.#documents.rows.find(filter).toArray();
    return rows.map(this.#options.rowAsKnownHere);
  }

  async #appendCause(cause: CauseInLog, userKey: string, body: NewUserEntry): Promise<void> {
    const user = { userKey, accountKey: cause.accountKey };
    await this.#append(user, {
      senderKey: 'system:conversation',
      requestId: `c:${cause.conversationId}:${cause.seq}`,
      about: '',
      after: '',
      users: [],
      read: undefined,
      decide: () => body,
      now: cause.at,
      signal: this.#options.ground.signal,
    });
  }

  async #fresh(user: LogUser, signal: AbortSignal) {
    const { clock, nextId } = this.#options.ground;
    const senderKey = `user:${user.userKey}`;
    return { senderKey, requestId: await nextId(), about: '', after: '', fresh: true, users: [], now: clock(), signal };
  }

  async #append(user: LogUser, operation: Operation<UserState, NewUserEntry>): Promise<Result<UserState, UserEntry>> {
    for (;;) {
      const log = this.#logs.get(user.userKey, user.accountKey);
      const place = log.enter();
      try {
        // Not there: it was opened a moment ago by somebody who only asked for it. The next one begins it.
        if (!(await log.opened)) continue;
        return await log.submit(place, operation, await this.#options.ground.nextId());
      } finally {
        log.leave(place);
      }
    }
  }

  async #stateOf(userKey: string): Promise<UserState | undefined> {
    const log = this.#logs.get(userKey);
    if (!(await log.opened)) return undefined;
    await log.refresh();
    return log.state;
  }

  async #rowsNow({ userKey, accountKey }: LogUser, conversationIds: readonly string[]): Promise<readonly RowNow[]> {
    const filter = { user_key: userKey, account_key: accountKey, conversation_id: { $in: [...conversationIds] } };
    const found = this.#documents.rows.find(filter).toArray();
    const [rows, heads] = await Promise.all([found, this.#options.heads(accountKey, conversationIds)]);
    return rows.map((row) => ({
      row: this.#options.rowAsKnownHere(row),
      headNumber: heads.get(row.conversation_id)?.last_number ?? 0,
    }));
  }
}
