// What people do in a test, with the decisions that a chat takes: each is refused where it may not be done.

import { refuse } from '../../../../mesh/errors/refuse.ts';
import type { AppendOptions, Change } from '../conversation-log.ts';
import type { MessageDocument } from '../entry.ts';
import type { ConversationState } from '../state.ts';
import { callBy, type Process, user } from './test-logs.ts';

export type Action =
  | { readonly do: 'send'; readonly text: string }
  | { readonly do: 'edit'; readonly messageId: string; readonly text: string }
  | { readonly do: 'delete'; readonly messageId: string }
  | { readonly do: 'react'; readonly messageId: string; readonly emoji: string; readonly removed: boolean }
  | { readonly do: 'add'; readonly userKey: string }
  | { readonly do: 'remove'; readonly userKey: string };

export type Request = { readonly by: string; readonly requestId: string; readonly action: Action };

/** Does it in one process, as one call. */
export async function perform(
  process: Process,
  conversationId: string,
  request: Request,
  now: number,
): Promise<Change> {
  const call = callBy(user(request.by), now);
  try {
    const conversation = await process.conversations.open(call, conversationId);
    const common = {
      senderKey: `user:${request.by}`,
      requestId: request.requestId,
      about: request.action,
    };
    return await conversation.append(call, { ...common, ...decisionOf(request) });
  } finally {
    call.end();
  }
}

type Found = { readonly message: MessageDocument | undefined; readonly reacted: boolean };

function decisionOf({ by, requestId, action }: Request): Pick<AppendOptions<Found>, 'read' | 'decide' | 'rows'> {
  const decide = (state: ConversationState, found: Found) => {
    if (!state.members.has(by)) throw refuse('NOT_A_MEMBER');
    switch (action.do) {
      case 'send':
        return {
          kind: 'message' as const,
          content: { type: 'text' as const, text: action.text },
          sender: { kind: 'user' as const, user_key: by, display_name: by },
          metadata: { client_message_id: requestId },
        };
      case 'edit': {
        const message = alive(found);
        if (message.sender.user_key !== by) throw refuse('NOT_THE_SENDER');
        const content = { type: 'text' as const, text: action.text };
        const original = message.edited?.original ?? message.content!;
        const edit_count = (message.edited?.edit_count ?? 0) + 1;
        return { kind: 'edited' as const, target: message._id, content, original, edit_count, user_key: by };
      }
      case 'delete':
        return { kind: 'deleted' as const, target: alive(found)._id, deleted_by: by };
      case 'react': {
        const { messageId: target, emoji, removed } = action;
        alive(found);
        if (found.reacted !== removed) return { nothing: true as const };
        return { kind: 'reaction' as const, target, user_key: by, emoji, removed };
      }
      case 'add':
        if (state.members.has(action.userKey)) return { nothing: true as const };
        return {
          kind: 'members_added' as const,
          members: [{ user_key: action.userKey, role: 'member' as const }],
          added_by: by,
        };
      case 'remove':
        if (!state.members.has(action.userKey)) throw refuse('NOT_A_MEMBER');
        return { kind: 'member_removed' as const, user_key: action.userKey, removed_by: by };
    }
  };
  const rows = action.do === 'add' || action.do === 'remove' ? [action.userKey] : [];
  if (!('messageId' in action)) return { decide: (state) => decide(state, nothingFound), rows };
  return {
    rows,
    decide,
    read: async (documents) =>
      action.do === 'react'
        ? documents.reaction(action.messageId, by, action.emoji)
        : { message: await documents.message(action.messageId), reacted: false },
  };
}

const nothingFound: Found = { message: undefined, reacted: false };

function alive({ message }: Found): MessageDocument {
  if (message === undefined) throw refuse('MESSAGE_NOT_FOUND');
  if (message.deleted !== undefined) throw refuse('MESSAGE_DELETED');
  return message;
}
