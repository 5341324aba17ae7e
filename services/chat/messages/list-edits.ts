import type { ListEditsRequest, ListEditsResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { MessageEdit } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import type { EntryEdited } from '../conversation-log/conversation-log.ts';
import type { StoredContent } from '../documents/message-document.ts';
import { contentOf } from '../documents/stored-said.ts';
import { limits } from './limits.ts';
import { readPlace } from './message-place.ts';
import { maySeeEdits } from './show-messages.ts';
import { alive, readMessage } from './target.ts';

/** What a message said before, oldest first; for its sender and for admins. */
export const listEdits: ChatHandler<ListEditsRequest, ListEditsResponse> = async (request, context) => {
  const reader = await readPlace(context, request);
  const message = alive(await readMessage(reader, request.messageId));
  if (!maySeeEdits(message, reader)) throw refuse('NOT_THE_SENDER');
  // One more than is shown: an edit tells what came, the form that it replaced stands in the one before.
  const newestFirst = await reader.view.edits(message._id, limits.editsShown + 1);
  return { edits: earlierForms(newestFirst.toReversed(), message.edited?.original) };
};

/** `edits`, oldest first, each with the form that it replaced; the first of all replaced the original. */
function earlierForms(edits: readonly EntryEdited[], original: StoredContent | undefined): readonly MessageEdit[] {
  const all = edits.length <= limits.editsShown;
  const forms = edits.map((edit, at) => {
    const replaced = at > 0 ? edits[at - 1]?.content : original;
    return {
      content: replaced && contentOf(replaced),
      replacedAt: edit.created_at,
      seq: edit.seq,
    };
  });
  return all ? forms : forms.slice(1);
}
