// A conversation as plainly as it can be said: what a log must mean, whoever wrote it and whatever went wrong
// meanwhile. Knows nothing of the code under test but the stored shape of entries; refuses an entry that nobody could
// have made.

import type { Entry } from '../entry.ts';
import type { RoleWord } from '../member-row.ts';

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
  readonly members: Map<string, ModelMember>;
  readonly messages: Map<string, ModelMessage>;
  /** For each user the comings and goings, in order. */
  readonly told: Map<string, string[]>;
  readonly ownNumbers: Map<string, number>;
};

export function emptyModel(): Model {
  return { seq: 0, number: 0, members: new Map(), messages: new Map(), told: new Map(), ownNumbers: new Map() };
}

/** Takes the next entry in. Throws where it breaks a rule. */
export function takeEntry(model: Model, entry: Entry): void {
  must(entry.seq === model.seq + 1, `entry ${entry.seq} stands after ${model.seq}`);
  model.seq = entry.seq;
  const actor = entry.sender_key.startsWith('user:') ? entry.sender_key.slice('user:'.length) : undefined;
  if (actor !== undefined) must(model.members.has(actor), `${entry.seq} is by ${actor}, who is not a member`);
  if (entry.kind === 'message') model.number++;
  must(entry.number === model.number, `${entry.seq} counts ${entry.number} messages instead of ${model.number}`);
  switch (entry.kind) {
    case 'message':
      model.ownNumbers.set(actor!, entry.number);
      model.messages.set(entry._id, {
        seq: entry.seq,
        number: entry.number,
        senderKey: actor!,
        // The stored document is the message as it is now: what it said first stands with its first edit.
        text: entry.edited?.original.text ?? entry.content?.text,
        edits: 0,
        changed: entry.seq,
        reactions: new Map(),
      });
      return;
    case 'edited': {
      const message = alive(model, entry);
      must(message.senderKey === actor, `${entry.seq} edits somebody else's message`);
      message.text = entry.content?.text;
      message.edits++;
      must(entry.edit_count === message.edits, `${entry.seq} counts ${entry.edit_count} edits`);
      return;
    }
    case 'deleted': {
      const message = alive(model, entry);
      message.text = undefined;
      message.reactions.clear();
      deleted.add(message);
      return;
    }
    case 'reaction':
      react(alive(model, entry), entry.emoji, entry.user_key, entry.removed);
      return;
    case 'created':
    case 'members_added':
      for (const { user_key, role } of entry.members) {
        must(!model.members.has(user_key), `${entry.seq} adds ${user_key} twice`);
        model.members.set(user_key, { role, since: entry.seq, joinedNumber: entry.number });
        tell(model, user_key, `added ${entry.seq}`);
      }
      break;
    case 'member_removed':
      must(model.members.delete(entry.user_key), `${entry.seq} removes ${entry.user_key}, who is not a member`);
      tell(model, entry.user_key, `removed ${entry.seq}`);
      break;
    case 'role':
      must(model.members.has(entry.user_key), `${entry.seq} gives a role to ${entry.user_key}`);
      model.members.get(entry.user_key)!.role = entry.role;
      break;
  }
  must(entry.member_count === model.members.size, `${entry.seq} counts ${entry.member_count} members`);
}

const deleted = new WeakSet<ModelMessage>();

export function isDeleted(message: ModelMessage): boolean {
  return deleted.has(message);
}

function alive(model: Model, entry: Extract<Entry, { target: string }>): ModelMessage {
  const message = model.messages.get(entry.target);
  if (message === undefined) throw new Error(`${entry.seq} changes a message that is not there`);
  must(!deleted.has(message), `${entry.seq} changes a deleted message`);
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
