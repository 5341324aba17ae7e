// What only the viewer may see of messages, laid over what every member sees: own reactions, how far their own messages
// have come, the first text of edited ones, where forwarded ones come from. Two queries for a whole page,
// beside those of receipts/message-receipts.ts.

import { type Message, MessageStatus } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatContext } from '../chat.ts';
import type { ShownEntry } from '../conversation-log/conversation-log.ts';
import type { MessageDocument } from '../documents/entry.ts';
import { mayRead, type Reader, rangeOf } from '../members/reader.ts';
import { isAdmin } from '../members/rules.ts';
import { messageReceipts } from '../receipts/message-receipts.ts';
import { messageOf } from '../topics/message-of.ts';
import { noticeOf } from './notice.ts';

/** The entries of a page as this reader sees them, in the order given. */
export async function showEntries(
  context: ChatContext,
  reader: Reader,
  entries: readonly ShownEntry[],
): Promise<readonly Message[]> {
  const messages = entries.filter((entry): entry is MessageDocument => entry.kind === 'message');
  const [own, receipts, origins] = await Promise.all([
    ownReactions(reader, messages),
    messageReceipts(
      reader,
      messages.filter((message) => isFrom(message, reader)),
      context.now,
    ),
    readableOrigins(context, reader, messages),
  ]);
  return entries.map((entry) => {
    if (entry.kind !== 'message') return noticeOf(entry);
    const shown = messageOf(entry);
    return {
      ...shown,
      ownReactions: own.get(entry._id) ?? [],
      ...receipts.get(entry._id),
      edited: shown.edited && { ...shown.edited, originalContent: maySeeEdits(entry, reader) ? firstText(entry) : '' },
      forwardedFrom: shown.forwardedFrom && {
        ...shown.forwardedFrom,
        ...(origins.has(entry._id) && originOf(entry)),
      },
    };
  });
}

/** One message as this reader sees it. */
export async function showMessage(context: ChatContext, reader: Reader, message: MessageDocument): Promise<Message> {
  const [shown] = await showEntries(context, reader, [message]);
  return shown ?? messageOf(message);
}

/** What the caller just sent or edited, without a query: sends are hot. Reads of others show in the next page. */
export function showOwn(message: MessageDocument | undefined): Message {
  if (message === undefined) throw refuse('MESSAGE_NOT_FOUND');
  const shown = messageOf(message);
  return {
    ...shown,
    status: MessageStatus.MESSAGE_STATUS_SENT,
    edited: shown.edited && { ...shown.edited, originalContent: firstText(message) },
  };
}

/** The earlier forms of a message are for its sender and for admins. */
export function maySeeEdits(message: MessageDocument, reader: Reader): boolean {
  return isFrom(message, reader) || (reader.row.active && isAdmin(reader.row));
}

function isFrom(message: MessageDocument, reader: Reader): boolean {
  return message.sender.user_key === reader.user.key;
}

function firstText(message: MessageDocument): string {
  const original = message.edited?.original;
  return original?.text ?? original?.caption ?? '';
}

async function ownReactions(
  reader: Reader,
  messages: readonly MessageDocument[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const reacted = messages.filter((message) => (message.reactions?.length ?? 0) > 0).map((message) => message._id);
  return reacted.length === 0 ? new Map() : reader.view.reactionsBy(reader.user.key, reacted);
}

/** Ids of the forwarded messages whose first form the reader could read where it stands. */
async function readableOrigins(
  context: ChatContext,
  reader: Reader,
  messages: readonly MessageDocument[],
): Promise<ReadonlySet<string>> {
  const forwarded = messages.filter((message) => message.forwarded_from !== undefined);
  if (forwarded.length === 0) return new Set();
  const places = [...new Set(forwarded.map((message) => message.forwarded_from?.original_conversation_id ?? ''))];
  const { user } = reader;
  const rows = await context.service.conversations.rows.ofUserIn(user.accountKey, user.key, places);
  const ranges = new Map(rows.map((row) => [row.conversation_id, rangeOf(row, Number.POSITIVE_INFINITY)]));
  const readable = forwarded.filter(({ forwarded_from: from }) => {
    const range = from && ranges.get(from.original_conversation_id);
    return from !== undefined && range !== undefined && mayRead(range, from.original_seq);
  });
  return new Set(readable.map((message) => message._id));
}

function originOf(message: MessageDocument): { originalMessageId: string; originalSenderName: string } {
  return {
    originalMessageId: message.forwarded_from?.original_message_id ?? '',
    originalSenderName: message.forwarded_from?.original_sender_name ?? '',
  };
}
