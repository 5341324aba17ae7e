// The conversation's kind of log: which documents follow it, what is told of it, and what follows in users' own logs.

import type { Collection, Document } from 'mongodb';
import type { ConversationDocument } from '../documents/conversation-document.ts';
import type { Entry, EntryOf, MembershipKind, NewEntry } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';
import type { GroupedWrites } from '../log/grouped-writes.ts';
import type { Applied, HeadDocument, LogKind } from '../log/log-kind.ts';
import {
  applyDeleted,
  applyEdited,
  applyReaction,
  type ChangeDocuments,
  findMessage,
  reactionId,
} from './apply-change.ts';
import { foldEntry, placeEntry } from './fold.ts';
import { headFields, isLarge, stateOf } from './head-fields.ts';
import { inConversation, inSame } from './in-conversation.ts';
import type { OwnNumbers } from './own-numbers.ts';
import { findMembers, loadMembers, rowWrites } from './rows.ts';
import type { ConversationState, Member } from './state.ts';

/** Members of a large conversation that its cached state may hold beside owner and admins. */
const rowsCachedMax = 2_000;

export type ConversationDocuments = ChangeDocuments & {
  readonly heads: Collection<ConversationDocument>;
  readonly rows: Collection<MemberRow>;
  readonly writtenHeads: GroupedWrites<ConversationDocument>;
  readonly writtenRows: GroupedWrites<MemberRow>;
  readonly ownNumbers: OwnNumbers;
};

export type ConversationEffects = {
  /** Tells everyone who follows the conversation. */
  publish(entry: Entry, state: ConversationState): void;
  /** Tells a user's own log; may be repeated. */
  added(entry: Entry, userKey: string, addedBy: string, follow: boolean): Promise<void>;
  removed(entry: Entry, userKey: string): Promise<void>;
};

export type ConversationKind = LogKind<ConversationState, Entry, NewEntry>;

const nothingTouched: readonly string[] = [];

export function conversationKind(documents: ConversationDocuments, effects: ConversationEffects): ConversationKind {
  const { entries, heads, rows, writtenHeads, ownNumbers } = documents;
  return {
    name: 'conversation',
    keyField: 'conversation_id',
    entries: entries as Collection<Entry & Document>,
    heads: heads as unknown as Collection<HeadDocument>,
    load: (conversationId) => load(documents, conversationId),
    place: placeEntry,
    fold: foldEntry,
    lacks: (state) => state.membersComplete === isLarge(state),
    mend: async (state) => {
      if (isLarge(state)) return { ...state, members: speakersOf(state), membersComplete: false };
      const { members, complete } = await loadMembers(rows, inConversation(state), state.memberCount);
      return { ...state, members, membersComplete: complete };
    },
    lacksRows: (state) => !state.membersComplete,
    withRows: (state, users) => {
      const missing = users.filter((userKey) => !state.members.has(userKey));
      return missing.length === 0 ? undefined : withMembersFound(rows, state, users, missing);
    },
    touches,
    apply: (entry) => apply(documents, entry),
    current: (entry) => current(documents, entry),
    publish: effects.publish,
    follow: (entry, state) => follow(effects, entry, state),
    writeBehind: async (state, openUntil) => {
      await ownNumbers.write(inConversation(state));
      return writtenHeads.write({
        updateOne: {
          filter: { _id: state.conversationId, account_key: state.accountKey, last_seq: { $lt: state.seq } },
          update: { $set: headFields(state), ...(openUntil && { $max: { open_until: openUntil } }) },
        },
      });
    },
  };
}

async function load({ heads, rows }: ConversationDocuments, conversationId: string) {
  const head = await heads.findOne({ _id: conversationId }, { readConcern: { level: 'majority' } });
  if (head === null) return undefined;
  const { members, complete } = await loadMembers(
    rows,
    { conversation_id: conversationId, account_key: head.account_key },
    head.member_count,
  );
  return { state: stateOf(head, members, complete), openUntil: head.open_until?.getTime() ?? 0 };
}

function apply(documents: ConversationDocuments, entry: Entry): Promise<Applied<Entry>> | Applied<Entry> {
  switch (entry.kind) {
    case 'message':
      if (entry.sender.user_key !== undefined && entry.content?.type !== 'system') {
        documents.ownNumbers.note(entry, entry.sender.user_key, entry.number);
      }
      return { entry, message: entry };
    case 'edited':
      return applyEdited(documents, entry);
    case 'deleted':
      return applyDeleted(documents, entry);
    case 'reaction':
      return applyReaction(documents, entry);
    default:
      return applyMembership(documents.writtenRows, entry);
  }
}

async function applyMembership(
  writtenRows: GroupedWrites<MemberRow>,
  entry: EntryOf<MembershipKind>,
): Promise<Applied<Entry>> {
  await Promise.all(rowWrites(entry).map((write) => writtenRows.write(write)));
  return { entry };
}

function follow(
  effects: ConversationEffects,
  entry: Entry,
  state: ConversationState,
): (() => Promise<void>) | undefined {
  switch (entry.kind) {
    case 'created':
    case 'members_added': {
      const addedBy = entry.kind === 'created' ? entry.created_by : entry.added_by;
      const follows = !isLarge(state);
      return async () => {
        await Promise.all(entry.members.map(({ user_key }) => effects.added(entry, user_key, addedBy, follows)));
      };
    }
    case 'member_removed':
      return () => effects.removed(entry, entry.user_key);
    default:
      return undefined;
  }
}

async function current({ entries }: ConversationDocuments, entry: Entry): Promise<Applied<Entry>> {
  const now = ((await entries.findOne({ _id: entry._id, ...inSame(entry) })) ?? entry) as Entry;
  if (now.kind === 'message') return { entry: now, message: now };
  if (!('target' in now)) return { entry: now };
  const message = await findMessage(entries, now, now.target);
  return { entry: now, ...(message && { message }) };
}

/** The names under which `Documents` reads what an entry changes. */
function touches(entry: Entry): readonly string[] {
  switch (entry.kind) {
    case 'message':
      return nothingTouched;
    case 'edited':
    case 'deleted':
      return [messageName(entry.target)];
    case 'reaction':
      return [reactionName(entry.target, entry.user_key, entry.emoji), emojisName(entry.target)];
    default:
      return [membersName];
  }
}

export const membersName = 'members';

export function messageName(messageId: string): string {
  return `message:${messageId}`;
}

/** One user's emoji under a message. */
export function reactionName(messageId: string, userKey: string, emoji: string): string {
  return `reaction:${reactionId(messageId, userKey, emoji)}`;
}

/** Which emojis are under a message. */
export function emojisName(messageId: string): string {
  return `emojis:${messageId}`;
}

/** What the state of a large conversation keeps of its members. */
function speakersOf(state: ConversationState): ReadonlyMap<string, Member> {
  return new Map([...state.members].filter(([, { role }]) => role !== 'member'));
}

async function withMembersFound(
  rows: Collection<MemberRow>,
  state: ConversationState,
  users: readonly string[],
  missing: readonly string[],
): Promise<ConversationState> {
  const kept: Iterable<[string, Member]> =
    state.members.size + missing.length <= rowsCachedMax
      ? state.members
      : [...state.members].filter(([userKey, { role }]) => role !== 'member' || users.includes(userKey));
  const members = new Map(kept);
  for (const member of await findMembers(rows, inConversation(state), missing)) members.set(member.userKey, member);
  return { ...state, members };
}
