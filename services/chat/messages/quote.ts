import type { MessageDocument } from '../documents/entry.ts';
import type { MessageBody } from '../documents/message-document.ts';
import { saidOf } from '../documents/stored-said.ts';
import { previewOf } from './preview.ts';

/**
 * What an answer keeps of the message that it answers. Readers get the words of today: an edit is followed, a deletion
 * blanks.
 */
export function quoteOf(target: MessageDocument): NonNullable<MessageBody['reply_to']> {
  return {
    message_id: target._id,
    sender_key: target.sender.user_key ?? '',
    content_preview: previewOf(saidOf(target)),
  };
}
