// How edits, deletions and reactions come into the message they are about. Each may run again, in any process, also
// after later ones: a document takes only what is above its `changed`.

import type { Collection } from 'mongodb';
import type { Entry, EntryOf, MessageDocument } from '../documents/entry.ts';
import type { StoredReaction } from '../documents/message-document.ts';
import type { Applied } from '../log/log-kind.ts';
import type { ReactionRow } from './conversation-log.ts';
import { type InConversation, inSame } from './in-conversation.ts';

/** Users that a message names for each emoji; everyone else is a row. */
export const reactionUsersShown = 20;
/** Earlier changes of one message that a deletion blanks at once. */
const blankedMax = 1_000;

export type ChangeDocuments = {
  readonly entries: Collection<Entry>;
  readonly reactions: Collection<ReactionRow>;
};

/** The message as it is now, whoever changed it last. */
export async function findMessage(
  entries: Collection<Entry>,
  where: InConversation,
  messageId: string,
): Promise<MessageDocument | undefined> {
  const found = await entries.findOne({ _id: messageId, ...inSame(where), kind: 'message' });
  return (found as MessageDocument | null) ?? undefined;
}

export async function applyEdited({ entries }: ChangeDocuments, entry: EntryOf<'edited'>): Promise<Applied<Entry>> {
  const { target, content, original, mentions = [] } = entry;
  if (content !== undefined && original !== undefined) {
    const { created_at: edited_at, edit_count, withheld } = entry;
    const edited = { edited_at, edit_count, original, ...(withheld && { withheld }) };
    await entries.updateOne(
      { _id: target, ...inSame(entry), changed: { $lt: entry.seq } },
      { $set: { content, mentions, edited, changed: entry.seq, updated_at: entry.created_at } },
    );
  }
  return withMessage(entries, entry, target);
}

/** Also blanks what earlier changes of the message said, and notes in the entry which numbers that concerns. */
export async function applyDeleted({ entries }: ChangeDocuments, entry: EntryOf<'deleted'>): Promise<Applied<Entry>> {
  const { target, seq } = entry;
  const where = inSame(entry);
  await entries.updateOne(
    { _id: target, ...inSame(entry), changed: { $lt: seq } },
    {
      $set: {
        deleted: { deleted_at: entry.created_at, deleted_by: entry.deleted_by },
        changed: seq,
        updated_at: entry.created_at,
      },
      $unset: {
        content: 1,
        attachments: 1,
        location: 1,
        contact: 1,
        poll: 1,
        sticker: 1,
        system: 1,
        mentions: 1,
        reactions: 1,
        reply_to: 1,
        forwarded_from: 1,
        edited: 1,
        ai_metadata: 1,
        origin: 1,
      },
    },
  );
  const earlier = { ...where, target, seq: { $lt: seq }, kind: 'edited' } as const;
  const edits = await entries
    .find(earlier, { projection: { seq: 1 } })
    .limit(blankedMax)
    .toArray();
  if (edits.length > 0) await entries.updateMany(earlier, { $unset: { content: 1, original: 1, mentions: 1 } });
  const message = await findMessage(entries, where, target);
  const blanked = [...(message === undefined ? [] : [message.seq]), ...edits.map((edit) => edit.seq)];
  await entries.updateOne({ _id: entry._id, ...where }, { $set: { blanked } });
  return { entry: { ...entry, blanked }, ...(message && { message }) };
}

export async function applyReaction(
  { entries, reactions }: ChangeDocuments,
  entry: EntryOf<'reaction'>,
): Promise<Applied<Entry>> {
  const find = () => findMessage(entries, entry, entry.target);
  const [found] = await Promise.all([find(), writeReactionRow(reactions, entry)]);
  for (let message = found; ; message = await find()) {
    if (message === undefined) return { entry };
    if (message.changed >= entry.seq) return { entry, message };
    const next = {
      ...message,
      reactions: await reactionsWith(message, entry, reactions),
      changed: entry.seq,
      updated_at: entry.created_at,
    };
    // Under the version read: another process that applies the same entries may have come first.
    const { matchedCount } = await entries.updateOne(
      { _id: message._id, ...inSame(entry), changed: message.changed },
      { $set: { reactions: next.reactions, changed: next.changed, updated_at: next.updated_at } },
    );
    if (matchedCount === 1) return { entry, message: next };
  }
}

async function writeReactionRow(reactions: Collection<ReactionRow>, entry: EntryOf<'reaction'>): Promise<void> {
  const { target, user_key, emoji, removed, seq } = entry;
  try {
    await reactions.updateOne(
      { _id: reactionId(target, user_key, emoji), ...inSame(entry), changed: { $lt: seq } },
      {
        $set: {
          removed,
          changed: seq,
          reacted_at: entry.created_at,
          ...(removed && { removed_at: entry.created_at }),
        },
        ...(!removed && { $unset: { removed_at: 1 } }),
        $setOnInsert: { message_id: target, user_key, emoji },
      },
      { upsert: true },
    );
  } catch (error) {
    // A newer row is there.
    if ((error as { code?: unknown }).code !== 11000) throw error;
  }
}

export function reactionId(messageId: string, userKey: string, emoji: string): string {
  return `${messageId}:${userKey}:${emoji}`;
}

async function reactionsWith(
  message: MessageDocument,
  { user_key, emoji, removed, seq }: EntryOf<'reaction'>,
  rows: Collection<ReactionRow>,
): Promise<readonly StoredReaction[]> {
  const before = message.reactions ?? [];
  const known = before.find((reaction) => reaction.emoji === emoji);
  if (!removed) {
    if (known === undefined) return [...before, { emoji, user_keys: [user_key], count: 1 }];
    const user_keys = known.user_keys.length < reactionUsersShown ? [...known.user_keys, user_key] : known.user_keys;
    return before.map((reaction) => (reaction === known ? { emoji, user_keys, count: known.count + 1 } : reaction));
  }
  if (known === undefined) return before;
  if (known.count <= 1) return before.filter((reaction) => reaction !== known);
  const left = known.user_keys.filter((key) => key !== user_key);
  const count = known.count - 1;
  const user_keys =
    left.length < Math.min(count, reactionUsersShown) ? await firstUsers(rows, message, emoji, seq) : left;
  return before.map((reaction) => (reaction === known ? { emoji, user_keys, count } : reaction));
}

async function firstUsers(
  rows: Collection<ReactionRow>,
  message: MessageDocument,
  emoji: string,
  seq: number,
): Promise<readonly string[]> {
  const found = await rows
    .find({
      ...inSame(message),
      message_id: message._id,
      emoji,
      removed: false,
      changed: { $lte: seq },
    })
    .sort({ changed: 1 })
    .limit(reactionUsersShown)
    .toArray();
  return found.map((row) => row.user_key);
}

async function withMessage(entries: Collection<Entry>, entry: Entry, messageId: string): Promise<Applied<Entry>> {
  const message = await findMessage(entries, entry, messageId);
  return { entry, ...(message && { message }) };
}
