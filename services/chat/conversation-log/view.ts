// Reading a conversation: pages of history and of the log, single messages, members, reactions, receipts. Everything is
// read below a head whose entries are in the documents, from the primary, at majority, through an index.

import { calculateObjectSize } from 'bson';
import type { Collection, Filter } from 'mongodb';
import type { Entry, MessageDocument } from '../documents/entry.ts';
import { type MemberRow, rowId } from '../documents/member-row.ts';
import { findMessage, reactionId } from './apply-change.ts';
import type {
  ConversationView,
  EntryEdited,
  EntryPage,
  HistoryPage,
  HistoryQuery,
  ReactionRow,
  ReceiptTimes,
  ShownEntry,
} from './conversation-log.ts';
import { type InConversation, inConversation, inSame } from './in-conversation.ts';
import type { OwnNumbers } from './own-numbers.ts';
import { withQuotes } from './quotes.ts';
import { type ReceiptDocument, receiptTimes } from './receipts.ts';
import { type ConversationState, smallMembersMax } from './state.ts';

/** Bytes of a page, as stored; the first entry comes whatever its size. */
const pageBytesMax = 256 * 1024;
const membersAtOnceMax = smallMembersMax;

export type ViewDocuments = {
  readonly entries: Collection<Entry>;
  readonly rows: Collection<MemberRow>;
  readonly reactions: Collection<ReactionRow>;
  readonly receipts: Collection<ReceiptDocument>;
  readonly ownNumbers: OwnNumbers;
};

export class View implements ConversationView {
  readonly id: string;
  readonly state: ConversationState;
  /** Of every query. */
  protected readonly where: InConversation;
  readonly #documents: ViewDocuments;

  constructor(state: ConversationState, documents: ViewDocuments) {
    this.id = state.conversationId;
    this.state = state;
    this.where = inConversation(state);
    this.#documents = documents;
  }

  async message(messageId: string): Promise<MessageDocument | undefined> {
    const { entries } = this.#documents;
    const message = await findMessage(entries, this.where, messageId);
    return message && (await withQuotes(entries, this.where, [message]))[0];
  }

  async seqOf(id: string): Promise<number | undefined> {
    const entry = { _id: id, ...inSame(this.where), shown: true } as const;
    return (await this.#documents.entries.findOne(entry, { projection: { seq: 1 } }))?.seq;
  }

  async history(query: HistoryQuery): Promise<HistoryPage> {
    const { limit, above = 0, before, after, around } = query;
    const head = this.state.seq;
    if (around !== undefined) {
      const below = await this.#shown(above, Math.min(around, head + 1), -1, Math.floor(limit / 2));
      const from = await this.#shown(Math.max(above, around - 1), head + 1, 1, limit - Math.floor(limit / 2));
      const entries = await this.#quoted([...below.entries.reverse(), ...from.entries]);
      return { entries, head, moreBefore: below.more, moreAfter: from.more };
    }
    if (after !== undefined) {
      const page = await this.#shown(Math.max(above, after), head + 1, 1, limit);
      return { entries: await this.#quoted(page.entries), head, moreBefore: after > above, moreAfter: page.more };
    }
    const page = await this.#shown(above, Math.min(before ?? head + 1, head + 1), -1, limit);
    const entries = await this.#quoted(page.entries.reverse());
    return { entries, head, moreBefore: page.more, moreAfter: before !== undefined && before <= head };
  }

  async entries(after: number, limit: number): Promise<EntryPage> {
    const head = this.state.seq;
    if (after < this.state.floorSeq) return { entries: [], head, gone: true };
    if (after >= head) return { entries: [], head, gone: false };
    const filter = { ...this.where, seq: { $gt: after, $lte: head } };
    const { page } = await this.#page(filter, 1, limit);
    return { entries: await withQuotes(this.#documents.entries, this.where, page), head, gone: false };
  }

  async edits(messageId: string, limit: number): Promise<readonly EntryEdited[]> {
    const found = await this.#documents.entries
      .find({ ...this.where, target: messageId, kind: 'edited' })
      .sort({ seq: -1 })
      .limit(limit)
      .toArray();
    return found as EntryEdited[];
  }

  async row(userKey: string): Promise<MemberRow | undefined> {
    const { rows, ownNumbers } = this.#documents;
    const row = await rows.findOne({ _id: rowId(userKey, this.id), user_key: userKey, ...this.where });
    return row === null ? undefined : ownNumbers.overlay(row);
  }

  async members(limit: number, after?: MemberPosition): Promise<readonly MemberRow[]> {
    const among = { ...this.where, active: true } as const;
    const beyond: Filter<MemberRow>[] =
      after === undefined
        ? [among]
        : [
            { ...among, rank: after.rank, since: after.since, user_key: { $gt: after.user_key } },
            { ...among, rank: after.rank, since: { $gt: after.since } },
            ...(after.rank === 0 ? [{ ...among, rank: 1 as const }] : []),
          ];
    const found: MemberRow[] = [];
    for (const filter of beyond) {
      if (found.length >= limit) break;
      const cursor = this.#documents.rows.find(filter).sort({ rank: 1, since: 1, user_key: 1 });
      found.push(...(await cursor.limit(Math.min(limit, membersAtOnceMax) - found.length).toArray()));
    }
    return found;
  }

  async reactions(messageId: string, limit: number, after = 0): Promise<readonly ReactionRow[]> {
    return this.#documents.reactions
      .find({ ...this.where, message_id: messageId, removed: false, changed: { $gt: after } })
      .sort({ changed: 1 })
      .limit(limit)
      .toArray();
  }

  async reactionsBy(userKey: string, messageIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const byMessage = new Map<string, string[]>();
    if (messageIds.length === 0) return byMessage;
    const rows = await this.#documents.reactions
      .find({ ...this.where, message_id: { $in: [...messageIds] }, user_key: userKey, removed: false })
      .toArray();
    for (const { message_id, emoji } of rows) byMessage.set(message_id, [...(byMessage.get(message_id) ?? []), emoji]);
    return byMessage;
  }

  async hasReacted(messageId: string, userKey: string, emoji: string): Promise<boolean> {
    const _id = reactionId(messageId, userKey, emoji);
    const row = await this.#documents.reactions.findOne({ _id, ...this.where });
    return row !== null && !row.removed;
  }

  async receipts(rows: readonly MemberRow[], seqs: readonly number[]): Promise<ReceiptTimes> {
    return receiptTimes(this.#documents.receipts, this.where, rows, seqs);
  }

  /** Between two numbers, both exclusive, from the one end or the other. */
  async #shown(above: number, below: number, direction: 1 | -1, limit: number) {
    if (limit <= 0) return { entries: [] as ShownEntry[], more: false };
    const filter = { ...this.where, shown: true as const, seq: { $gt: above, $lt: below } };
    const { page, more } = await this.#page(filter, direction, limit);
    return { entries: page as ShownEntry[], more };
  }

  async #page(filter: Filter<Entry>, direction: 1 | -1, limit: number) {
    const found = await this.#documents.entries
      .find(filter, { readConcern: { level: 'majority' } })
      .sort({ seq: direction })
      .limit(limit + 1)
      .toArray();
    const page: Entry[] = [];
    let bytes = 0;
    for (const entry of found) {
      bytes += calculateObjectSize(entry);
      if (page.length === limit || (page.length > 0 && bytes > pageBytesMax)) break;
      page.push(entry);
    }
    return { page, more: page.length < found.length };
  }

  async #quoted(entries: readonly ShownEntry[]): Promise<readonly ShownEntry[]> {
    return withQuotes(this.#documents.entries, this.where, entries);
  }
}

/** Where a page of members ended. */
export type MemberPosition = Pick<MemberRow, 'rank' | 'since' | 'user_key'>;
