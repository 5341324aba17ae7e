import type {
  CreateConversationRequest,
  CreateConversationResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { Conversation } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { accountOf, actorOf, senderKeyOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { ConversationInfoFields } from '../log/conversation-document.ts';
import type { CreatePlan } from '../log/conversation-log.ts';
import { conversationTypes, wordOf } from '../log/words.ts';
import { openReader } from '../members/reader.ts';
import { conversationFor } from './get-conversation.ts';
import { peopleOf } from './people.ts';
import { commonOf } from './show-conversation.ts';

/**
 * Makes a conversation, or finds it: the direct one of two users, a user's self, or the one that this request made before.
 * Throws USER_NOT_FOUND for participants whom the account does not have.
 */
export const createConversation: ChatHandler<CreateConversationRequest, CreateConversationResponse> = async (
  request,
  context,
) => {
  const { service, caller, now } = context;
  const accountKey = accountOf(caller, request.accountKey);
  const plan = planOf(request, context, accountKey);
  const keys = plan.members.map((member) => member.user_key);
  const known = await service.users.find(accountKey, keys, now);
  const stranger = keys.find((key) => !known.has(key));
  if (stranger !== undefined) throw refuse('USER_NOT_FOUND', { metadata: { user_key: stranger } });

  const created = await service.conversations.create(context, plan);
  if (caller.kind === 'user') {
    return { conversation: await conversationFor(context, await openReader(context, created.conversationId)) };
  }
  return { conversation: await forServer(context, accountKey, created.conversationId) };
};

function planOf(request: CreateConversationRequest, context: ChatContext, accountKey: string): CreatePlan {
  const { caller } = context;
  const type = wordOf(conversationTypes, request.type);
  if (type === undefined || type === 'broadcast') throw refuse('WRONG_CONVERSATION_TYPE');
  const people = peopleOf(caller, type, request.participantKeys);
  const [first = '', second = ''] = people.map((member) => member.user_key).toSorted();
  const info = type === 'direct' || type === 'self' ? undefined : infoOf(request);
  return {
    accountKey,
    key:
      type === 'direct'
        ? { direct: [first, second] }
        : type === 'self'
          ? { self: first }
          : { senderKey: senderKeyOf(caller), requestId: request.requestId, about: { type, info, people } },
    type,
    ...(info !== undefined && { info }),
    onlyAdminsCanSend: type === 'channel',
    members: people,
    createdBy: actorOf(caller),
  };
}

function infoOf(request: CreateConversationRequest): ConversationInfoFields {
  const { name = '', description = '', iconUrl = '' } = request.info ?? {};
  if (name.trim() === '') {
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'info.name', description: 'is required for this type' }] });
  }
  return { name, ...(description !== '' && { description }), ...(iconUrl !== '' && { icon_url: iconUrl }) };
}

/** A domain server is nobody's member: it sees what every member sees. */
async function forServer(context: ChatContext, accountKey: string, conversationId: string): Promise<Conversation> {
  const document = (await context.service.conversations.summaries(accountKey, [conversationId])).get(conversationId);
  if (document === undefined) throw refuse('CONVERSATION_NOT_FOUND');
  return commonOf(document);
}
