import type { MessageDocument } from '../log/entry.ts';
import type { MessageBody } from '../log/message-document.ts';
import { saidOf } from '../log/stored-said.ts';
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
