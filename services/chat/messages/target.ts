// The message that a call is about, as far as its caller may know of it.

import { refuse } from '../../../mesh/errors/refuse.ts';
import type { Member } from '../conversation-log/state.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { StoredContent } from '../documents/message-document.ts';
import { mayRead, type Reader } from '../members/reader.ts';

export type LiveMessage = MessageDocument & { readonly content: StoredContent };

/** In a decision: the message that was read. Throws MESSAGE_NOT_FOUND, also for one from before the member came. */
export function knownMessage(found: MessageDocument | undefined, member: Member): MessageDocument {
  if (found === undefined || found.seq < member.since) throw refuse('MESSAGE_NOT_FOUND');
  return found;
}

/** The same, and not deleted. Throws MESSAGE_DELETED, too. */
export function liveMessage(found: MessageDocument | undefined, member: Member): LiveMessage {
  return alive(knownMessage(found, member));
}

/**
 * For a reader: one message, whatever its state. Rejects with MESSAGE_NOT_FOUND, also for one that they may not read.
 */
export async function readMessage(reader: Reader, messageId: string): Promise<MessageDocument> {
  const found = await reader.view.message(messageId);
  if (found === undefined || !mayRead(reader, found.seq)) throw refuse('MESSAGE_NOT_FOUND');
  return found;
}

/** Throws MESSAGE_DELETED. */
export function alive(message: MessageDocument): LiveMessage {
  const { content } = message;
  if (content === undefined || message.deleted !== undefined) throw refuse('MESSAGE_DELETED');
  return { ...message, content };
}
