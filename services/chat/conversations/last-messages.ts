// The newest message of each of a page's conversations as the caller may see it: not one that they hid, cleared, or
// that came after they left. One query for the hidden ones; a second only for a conversation whose newest one is
// hidden.

import type { ChatContext } from '../chat.ts';
import type { ConversationDocument, StoredLastMessage } from '../documents/conversation-document.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';
import { saidOf } from '../documents/stored-said.ts';
import { mayRead, rangeOf } from '../members/reader.ts';
import { previewOf } from '../messages/preview.ts';
import type { LogUser } from '../user-log/user-logs.ts';

export type Listed = { readonly row: MemberRow; readonly document: ConversationDocument };

/** How far back a message is looked for that the caller did not hide. */
const lookBack = 20;

/** By conversation; one that has nothing to show is left out. `listed` are at most a page, all of one user. */
export async function lastMessages(
  context: ChatContext,
  user: LogUser,
  listed: readonly Listed[],
): Promise<ReadonlyMap<string, StoredLastMessage>> {
  const newest = listed.flatMap((each) => {
    const last = each.document.last_message;
    const readable = last !== undefined && mayRead(rangeOf(each.row, each.document.last_seq), last.seq);
    return readable ? [{ ...each, last }] : [];
  });
  const hidden = await context.service.hiddenMessages.among(
    user,
    newest.map(({ document, last }) => ({ conversationId: document._id, messageId: last.message_id })),
  );
  const shown = await Promise.all(
    newest.map(async ({ row, document, last }) => {
      if (!hidden.has(last.message_id)) return [document._id, last] as const;
      return [document._id, await newestShown(context, row, document._id)] as const;
    }),
  );
  return new Map(shown.filter((pair): pair is readonly [string, StoredLastMessage] => pair[1] !== undefined));
}

async function newestShown(
  context: ChatContext,
  row: MemberRow,
  conversationId: string,
): Promise<StoredLastMessage | undefined> {
  const view = await context.service.conversations.view(context, conversationId);
  const { above, upTo } = rangeOf(row, view.state.seq);
  const { entries } = await view.history({ limit: lookBack, above, before: upTo + 1 });
  const messages = entries.filter((entry): entry is MessageDocument => entry.kind === 'message');
  const user = { userKey: row.user_key, accountKey: row.account_key };
  const hidden = await context.service.userLogs.hidden(
    user,
    view.id,
    messages.map((message) => message._id),
  );
  const newest = messages.findLast((message) => !hidden.has(message._id));
  return newest && shortened(newest);
}

function shortened(message: MessageDocument): StoredLastMessage {
  return {
    message_id: message._id,
    content_preview: previewOf(saidOf(message)),
    sender_key: message.sender.user_key ?? '',
    sender_name: message.sender.display_name ?? '',
    sent_at: message.created_at,
    type: message.content?.type ?? 'text',
    seq: message.seq,
  };
}
