// The conversations of this process, over the one machinery of logs: what handlers find in their context.
// May touch the store and the bus; promises what docs/conversation-log.md says.

import type { Collection, Db } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { Context } from '../../../mesh/service/context.ts';
import { ofAccounts, servesAccount } from '../callers.ts';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { Entry, NewEntry } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { GroupedWrites } from '../log/grouped-writes.ts';
import type { LogGround } from '../log/log-kind.ts';
import { Logs } from '../log/logs.ts';
import type { OpenLog } from '../log/open-log.ts';
import { type ConversationDocuments, type ConversationEffects, conversationKind } from './conversation-kind.ts';
import type {
  Conversations,
  ConversationView,
  Created,
  CreatePlan,
  MemberRows,
  OpenConversation,
  ReactionRow,
} from './conversation-log.ts';
import { type DirectoryEntry, enterDirectory, findInDirectory } from './directory.ts';
import { headFields } from './head-fields.ts';
import { inConversation } from './in-conversation.ts';
import { OwnNumbers } from './own-numbers.ts';
import type { ReceiptDocument } from './receipts.ts';
import type { ConversationState } from './state.ts';
import { View, type ViewDocuments } from './view.ts';
import { WritableConversation } from './writable-conversation.ts';

export type ConversationsOptions = {
  readonly db: Db;
  readonly ground: LogGround;
  readonly nextConversationId: () => Promise<string>;
  readonly effects: ConversationEffects;
};

/** Rows read of one user: some more than one may be in, since that bound (members/room.ts) is not fenced. */
const rowsOfUserMax = 5_090;
/** Head documents of one read. */
const headsAtOnce = 500;
const duplicateKey = 11000;

export type ConversationOpenLog = OpenLog<ConversationState, Entry, NewEntry>;

export class OpenConversations implements Conversations {
  readonly #options: ConversationsOptions;
  readonly #logs: Logs<ConversationState, Entry, NewEntry>;
  readonly #documents: ConversationDocuments & ViewDocuments;
  readonly #directory: Collection<DirectoryEntry>;

  constructor(options: ConversationsOptions) {
    const { db, ground, effects } = options;
    const heads: Collection<ConversationDocument> = db.collection('conversations');
    const rows: Collection<MemberRow> = db.collection('members');
    const writtenRows = new GroupedWrites(rows);
    const receipts: Collection<ReceiptDocument> = db.collection('receipts');
    this.#options = options;
    this.#directory = db.collection('chat_directory');
    this.#documents = {
      entries: db.collection<Entry>('messages'),
      reactions: db.collection<ReactionRow>('reactions'),
      heads,
      rows,
      receipts,
      writtenHeads: new GroupedWrites(heads),
      writtenRows,
      ownNumbers: new OwnNumbers(writtenRows),
    };
    this.#logs = new Logs(conversationKind(this.#documents, effects), ground);
  }

  async open(context: Context, conversationId: string): Promise<OpenConversation> {
    const log = this.#logs.get(conversationId);
    const place = log.enter();
    context.onEnd(() => log.leave(place));
    if (!log.isOpen && !(await log.opened)) throw refuse('CONVERSATION_NOT_FOUND');
    this.#admit(context, log);
    return new WritableConversation(log, place, this.#documents, this.#options.ground.nextId);
  }

  async view(context: Context, conversationId: string, reaching = Infinity): Promise<ConversationView> {
    const log = this.#logs.get(conversationId);
    if (!(await log.opened)) throw refuse('CONVERSATION_NOT_FOUND');
    this.#admit(context, log);
    if (log.state.seq < reaching) await log.refresh();
    return new View(log.state, this.#documents);
  }

  /** For the mesh itself: no caller to ask. `undefined` where there is no such conversation. */
  async viewOf(conversationId: string): Promise<ConversationView | undefined> {
    const log = this.#logs.get(conversationId);
    if (!(await log.opened)) return undefined;
    await log.refresh();
    return log.state.seq === 0 ? undefined : new View(log.state, this.#documents);
  }

  async found(context: Context, sought: Pick<CreatePlan, 'accountKey' | 'key'>): Promise<Created | undefined> {
    const entry = await findInDirectory(this.#directory, sought);
    return entry && this.#created(context, entry, false);
  }

  async create(context: Context, plan: CreatePlan): Promise<Created> {
    const id = await this.#options.nextConversationId();
    const { entry, made } = await enterDirectory(this.#directory, plan, id, context.now);
    return this.#created(context, entry, made);
  }

  async conversationOf(context: Context, messageId: string): Promise<string> {
    const found = await this.#documents.entries.findOne(
      { _id: messageId, kind: 'message', ...ofAccounts(context.caller) },
      { projection: { conversation_id: 1, account_key: 1 } },
    );
    if (found === null || !servesAccount(context.caller, found.account_key)) throw refuse('MESSAGE_NOT_FOUND');
    return found.conversation_id;
  }

  async summaries(
    accountKey: string,
    conversationIds: readonly string[],
  ): Promise<ReadonlyMap<string, ConversationDocument>> {
    return this.heads(accountKey, conversationIds);
  }

  async newestSummaries(
    accountKey: string,
    conversationIds: readonly string[],
  ): Promise<ReadonlyMap<string, ConversationDocument>> {
    return this.#upToTails(await this.heads(accountKey, conversationIds));
  }

  /** Head documents, as new as they are known here; of every account for the mesh itself, which names none. */
  async heads(
    accountKey: string | undefined,
    conversationIds: readonly string[],
  ): Promise<ReadonlyMap<string, ConversationDocument>> {
    const ofAccount = accountKey === undefined ? {} : { account_key: accountKey };
    const found = new Map<string, ConversationDocument>();
    for (let from = 0; from < conversationIds.length; from += headsAtOnce) {
      const some = conversationIds.slice(from, from + headsAtOnce);
      const heads = await this.#documents.heads
        .find({ _id: { $in: some }, ...ofAccount, last_seq: { $exists: true } })
        .toArray();
      for (const head of heads) found.set(head._id, this.#asKnownHere(head));
    }
    return found;
  }

  readonly rows: MemberRows = {
    ofUser: async (accountKey, userKey) => {
      const filter = { user_key: userKey, active: true, account_key: accountKey };
      return this.#overlaid(await this.#documents.rows.find(filter).limit(rowsOfUserMax).toArray());
    },
    ofUserIn: async (accountKey, userKey, conversationIds) => {
      const filter = { user_key: userKey, conversation_id: { $in: [...conversationIds] }, account_key: accountKey };
      return this.#overlaid(await this.#documents.rows.find(filter).toArray());
    },
  };

  /** A row with the user's own last number, which may not be written yet. */
  rowAsKnownHere(row: MemberRow): MemberRow {
    return this.#documents.ownNumbers.overlay(row);
  }

  /** Those of these users who are members now. */
  async membersAmong(state: ConversationState, userKeys: readonly string[]): Promise<readonly MemberRow[]> {
    const filter = { ...inConversation(state), user_key: { $in: [...userKeys] }, active: true };
    return this.#documents.rows.find(filter).toArray();
  }

  /** The newest number of each log that may be shown. Of a log that nobody writes, what its head document says. */
  async newest(conversationIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const heads = await this.#upToTails(await this.heads(undefined, conversationIds));
    return new Map([...heads].map(([id, head]) => [id, head.last_seq]));
  }

  sweep(): Promise<number> {
    return this.#logs.sweep();
  }

  writeBehind(): Promise<void> {
    return this.#logs.writeBehind();
  }

  close(): Promise<void> {
    return this.#logs.close();
  }

  #admit(context: Context, log: ConversationOpenLog): void {
    const there = log.state.seq > 0 && servesAccount(context.caller, log.state.accountKey);
    if (!there) throw refuse('CONVERSATION_NOT_FOUND');
  }

  async #created(context: Context, entry: DirectoryEntry, made: boolean): Promise<Created> {
    await this.#complete(context, entry);
    return { conversationId: entry.conversation_id, view: await this.view(context, entry.conversation_id), made };
  }

  /** The second and third write of a creation: the head document, and the log's first entry. */
  async #complete(context: Context, { plan, ...entry }: DirectoryEntry): Promise<void> {
    const known = this.#logs.peek(entry.conversation_id);
    if (known !== undefined && (await known.opened) && known.state.seq > 0) return;
    await this.#makeHead({ plan, ...entry });
    const log = this.#logs.get(entry.conversation_id);
    const place = log.enter();
    try {
      if (!(await log.opened)) throw refuse('CONVERSATION_NOT_FOUND');
      if (log.state.seq > 0) return;
      await log.submit(
        place,
        {
          senderKey: 'system:create',
          requestId: 'created',
          about: '',
          after: '',
          users: [],
          read: undefined,
          decide: (state) =>
            state.seq > 0
              ? { nothing: true }
              : {
                  kind: 'created',
                  type: plan.type,
                  ...(plan.info && { info: plan.info }),
                  settings: { only_admins_can_send: plan.onlyAdminsCanSend },
                  ...plan.purpose,
                  members: plan.members,
                  created_by: plan.createdBy,
                },
          now: entry.created_at.getTime(),
          signal: context.signal,
        },
        await this.#options.ground.nextId(),
      );
    } finally {
      log.leave(place);
    }
  }

  async #makeHead({ conversation_id, account_key, plan, created_at }: DirectoryEntry): Promise<void> {
    try {
      await this.#documents.heads.insertOne({
        _id: conversation_id,
        account_key,
        type: plan.type,
        ...(plan.info && { info: plan.info }),
        settings: { only_admins_can_send: plan.onlyAdminsCanSend },
        ...plan.purpose,
        created_by: plan.createdBy,
        member_count: 0,
        is_active: true,
        last_seq: 0,
        last_number: 0,
        last_joined: 0,
        created_at,
        updated_at: created_at,
      });
    } catch (error) {
      if ((error as { code?: unknown }).code !== duplicateKey) throw error;
    }
  }

  /** Of logs that are open anywhere the heads, which are written behind, brought up to what a majority has. */
  async #upToTails(heads: ReadonlyMap<string, ConversationDocument>): Promise<Map<string, ConversationDocument>> {
    const upToDate = new Map(heads);
    const open = [...heads.values()].filter((head) => head.open_until !== undefined);
    await Promise.all(
      open.map(async (head) => {
        const [last] = await this.#documents.entries
          .find(
            { conversation_id: head._id, account_key: head.account_key },
            { projection: { seq: 1 }, readConcern: { level: 'majority' } },
          )
          .sort({ seq: -1 })
          .limit(1)
          .toArray();
        if (last === undefined || last.seq <= head.last_seq) return;
        // Above the head document there is what may not have been applied: whoever opens the log sees to that first.
        const view = await this.viewOf(head._id);
        if (view !== undefined) upToDate.set(head._id, { ...head, ...headFields(view.state) });
      }),
    );
    return upToDate;
  }

  #asKnownHere(head: ConversationDocument): ConversationDocument {
    const log = this.#logs.peek(head._id);
    if (log?.knownSeq === undefined || log.knownSeq <= head.last_seq) return head;
    return { ...head, ...headFields(log.state) };
  }

  #overlaid(rows: readonly MemberRow[]): readonly MemberRow[] {
    return rows.map((row) => this.rowAsKnownHere(row));
  }
}
