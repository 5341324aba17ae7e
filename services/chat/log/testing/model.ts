// A conversation as plainly as it can be said: what its log, and its members' own, must mean, whoever wrote them and
// whatever went wrong meanwhile. Knows nothing of the code under test but the stored shape of entries; refuses an entry
// that nobody could have made, or nobody who was allowed to.

import type { Entry, EntryOf } from '../../documents/entry.ts';
import type { RoleWord } from '../../documents/member-row.ts';
import type { UserEntry } from '../../user-log/user-entry.ts';

export type ModelMessage = {
  readonly seq: number;
  readonly number: number;
  readonly senderKey: string;
  text: string | undefined;
  edits: number;
  changed: number;
  /** Who chose each emoji, in the order they did. */
  readonly reactions: Map<string, string[]>;
};

export type ModelMember = { role: RoleWord; since: number; joinedNumber: number };

export type Model = {
  seq: number;
  number: number;
  /** Where somebody last came who was not there from the beginning. */
  lastJoined: number;
  /** By number of the log: the count of user messages up to and with it. */
  readonly numbers: number[];
  readonly members: Map<string, ModelMember>;
  readonly messages: Map<string, ModelMessage>;
  /** For each user the comings and goings, in order. */
  readonly told: Map<string, string[]>;
  readonly ownNumbers: Map<string, number>;
  /** How far each user has read, as a number of the log. */
  readonly reads: Map<string, number>;
};

export function emptyModel(): Model {
  return {
    seq: 0,
    number: 0,
    lastJoined: 0,
    numbers: [0],
    members: new Map(),
    messages: new Map(),
    told: new Map(),
    ownNumbers: new Map(),
    reads: new Map(),
  };
}

/** Takes the next entry of the conversation's log in. Throws where it breaks a rule. */
export function takeEntry(model: Model, entry: Entry): void {
  must(entry.seq === model.seq + 1, `entry ${entry.seq} stands after ${model.seq}`);
  model.seq = entry.seq;
  const actor = entry.sender_key.startsWith('user:') ? entry.sender_key.slice('user:'.length) : '';
  if (entry.kind !== 'created') must(model.members.has(actor), `${entry.seq} is by ${actor}, who is not a member`);
  if (entry.kind === 'message') model.number++;
  model.numbers.push(model.number);
  must(entry.number === model.number, `${entry.seq} counts ${entry.number} messages instead of ${model.number}`);
  switch (entry.kind) {
    case 'message':
      takeMessage(model, entry, actor);
      return;
    case 'edited':
      takeEdit(model, entry, actor);
      return;
    case 'deleted': {
      const message = alive(model, entry, actor);
      must(message.senderKey === actor || isAdmin(model, actor), `${entry.seq} deletes somebody else's message`);
      message.text = undefined;
      message.reactions.clear();
      deleted.add(message);
      return;
    }
    case 'reaction':
      must(entry.user_key === actor, `${entry.seq} reacts in somebody else's name`);
      react(alive(model, entry, actor), entry.emoji, actor, entry.removed);
      return;
    default:
      takeMembership(model, entry, actor);
      must(entry.member_count === model.members.size, `${entry.seq} counts ${entry.member_count} members`);
      must(model.members.size === 0 || ownersOf(model).length === 1, `after ${entry.seq} it has not one owner`);
  }
}

/** Takes an entry of a member's own log in, as far as it is about this conversation. */
export function takeUserEntry(model: Model, conversationId: string, entry: UserEntry): void {
  if (entry.kind === 'rows') {
    for (const { conversation_id, read_seq, read_number } of entry.changes) {
      if (conversation_id !== conversationId || read_seq === undefined) continue;
      const before = model.reads.get(entry.user_key) ?? 0;
      must(read_seq > before, `${entry.user_key} reads ${read_seq} after ${before}`);
      must(read_seq <= model.seq, `${entry.user_key} reads ${read_seq}, which is not there`);
      must(read_number === model.numbers[read_seq], `${read_number} messages are counted up to ${read_seq}`);
      model.reads.set(entry.user_key, read_seq);
    }
  }
}

/** User messages that a member has not seen. */
export function unreadIn(model: Model, userKey: string): number {
  const read = model.numbers[model.reads.get(userKey) ?? 0] ?? 0;
  const own = model.ownNumbers.get(userKey) ?? 0;
  return model.number - Math.max(read, own, model.members.get(userKey)?.joinedNumber ?? 0);
}

const deleted = new WeakSet<ModelMessage>();

export function isDeleted(message: ModelMessage): boolean {
  return deleted.has(message);
}

function takeMessage(model: Model, entry: EntryOf<'message'>, actor: string): void {
  model.ownNumbers.set(actor, entry.number);
  model.messages.set(entry._id, {
    seq: entry.seq,
    number: entry.number,
    senderKey: actor,
    // The stored document is the message as it is now: what it said first stands with its first edit.
    text: entry.edited?.original.text ?? entry.content?.text,
    edits: 0,
    changed: entry.seq,
    reactions: new Map(),
  });
}

function takeEdit(model: Model, entry: EntryOf<'edited'>, actor: string): void {
  const message = alive(model, entry, actor);
  must(message.senderKey === actor, `${entry.seq} edits somebody else's message`);
  must((entry.withheld ?? false) === message.seq < model.lastJoined, `${entry.seq} is told to the wrong people`);
  message.text = entry.content?.text;
  message.edits++;
  must(entry.edit_count === message.edits, `${entry.seq} counts ${entry.edit_count} edits`);
}

type MembershipEntry = EntryOf<'created' | 'members_added' | 'member_removed' | 'role'>;

function takeMembership(model: Model, entry: MembershipEntry, actor: string): void {
  switch (entry.kind) {
    case 'created':
    case 'members_added':
      if (entry.kind === 'members_added') {
        must(isAdmin(model, actor), `${entry.seq} adds, by ${actor}, who is no admin`);
        model.lastJoined = entry.seq;
      }
      for (const { user_key, role } of entry.members) {
        must(!model.members.has(user_key), `${entry.seq} adds ${user_key} twice`);
        model.members.set(user_key, { role, since: entry.seq, joinedNumber: entry.number });
        tell(model, user_key, `added ${entry.seq}`);
      }
      return;
    case 'member_removed':
      takeRemoval(model, entry, actor);
      tell(model, entry.user_key, `removed ${entry.seq}`);
      return;
    case 'role': {
      const former = model.members.get(actor);
      const member = model.members.get(entry.user_key);
      must(former?.role === 'owner', `${entry.seq} gives a role, by ${actor}, who is not the owner`);
      if (member === undefined) throw new Error(`${entry.seq} gives a role to ${entry.user_key}, who is not a member`);
      must(member.role !== entry.role && member !== former, `${entry.seq} gives a role that cannot be given`);
      if (entry.role === 'owner') former!.role = 'admin';
      member.role = entry.role;
    }
  }
}

function takeRemoval(model: Model, entry: EntryOf<'member_removed'>, actor: string): void {
  const member = model.members.get(entry.user_key);
  if (member === undefined) throw new Error(`${entry.seq} removes ${entry.user_key}, who is not a member`);
  if (entry.user_key !== actor) {
    const may = member.role === 'admin' ? ['owner'] : member.role === 'member' ? ['owner', 'admin'] : [];
    must(may.includes(model.members.get(actor)!.role), `${entry.seq} removes ${entry.user_key}, by ${actor}`);
  }
  model.members.delete(entry.user_key);
  const heir = member.role === 'owner' ? heirIn(model) : undefined;
  must(entry.new_owner_key === heir, `${entry.seq} makes ${entry.new_owner_key} the owner instead of ${heir}`);
  if (heir !== undefined) model.members.get(heir)!.role = 'owner';
}

/** The oldest admin, else the oldest member. */
function heirIn(model: Model): string | undefined {
  const rank = ([key, { role, since }]: [string, ModelMember]) =>
    `${role === 'admin' ? 0 : 1} ${String(since).padStart(9, '0')} ${key}`;
  return [...model.members].sort((one, other) => (rank(one) < rank(other) ? -1 : 1))[0]?.[0];
}

function ownersOf(model: Model): readonly ModelMember[] {
  return [...model.members.values()].filter(({ role }) => role === 'owner');
}

function isAdmin(model: Model, userKey: string): boolean {
  const role = model.members.get(userKey)?.role;
  return role === 'owner' || role === 'admin';
}

/** The message that an entry changes: it is there, not deleted, and not from before who changes it came. */
function alive(model: Model, entry: Extract<Entry, { target: string }>, actor: string): ModelMessage {
  const message = model.messages.get(entry.target);
  if (message === undefined) throw new Error(`${entry.seq} changes a message that is not there`);
  must(!deleted.has(message), `${entry.seq} changes a deleted message`);
  must(message.seq >= model.members.get(actor)!.since, `${entry.seq} changes a message from before ${actor} came`);
  message.changed = entry.seq;
  return message;
}

function react(message: ModelMessage, emoji: string, userKey: string, removed: boolean): void {
  const users = message.reactions.get(emoji) ?? [];
  must(users.includes(userKey) === removed, `${userKey} ${removed ? 'had not' : 'had'} reacted with ${emoji}`);
  if (removed) users.splice(users.indexOf(userKey), 1);
  else users.push(userKey);
  if (users.length === 0) message.reactions.delete(emoji);
  else message.reactions.set(emoji, users);
}

function tell(model: Model, userKey: string, what: string): void {
  model.told.set(userKey, [...(model.told.get(userKey) ?? []), what]);
}

function must(held: boolean, otherwise: string): void {
  if (!held) throw new Error(otherwise);
}
