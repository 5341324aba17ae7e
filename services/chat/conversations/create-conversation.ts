import type {
  CreateConversationRequest,
  CreateConversationResponse,
} from '../../../gen/circuit/chat/v1/chat_service.ts';
import { type Conversation, ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { accountOf, actorOf, senderKeyOf } from '../callers.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { ConversationView, CreatePlan } from '../conversation-log/conversation-log.ts';
import type { ConversationInfoFields, ConversationTypeWord, Purpose } from '../documents/conversation-document.ts';
import type { NewMember } from '../documents/entry.ts';
import { storePurpose } from '../documents/stored-purpose.ts';
import { conversationTypes, wordOf } from '../documents/words.ts';
import { newMember } from '../members/new-member.ts';
import { openReader } from '../members/reader.ts';
import { conversationFor } from './get-conversation.ts';
import { type Participant, peopleOf } from './people.ts';
import { commonOf, groupMembersOf } from './show-conversation.ts';

/**
 * Makes a conversation, or finds it: the direct one of two users, a user's self, or the one that this request made
 * before. Throws USER_NOT_FOUND for participants whom the account does not have.
 */
export const createConversation: ChatHandler<CreateConversationRequest, CreateConversationResponse> = async (
  request,
  context,
) => {
  const { service, caller } = context;
  const accountKey = accountOf(caller, request.accountKey);
  const type =
    request.type === ConversationType.CONVERSATION_TYPE_UNSPECIFIED ? 'group' : wordOf(conversationTypes, request.type);
  if (type === undefined || type === 'broadcast') throw refuse('WRONG_CONVERSATION_TYPE');
  const info = type === 'direct' || type === 'self' ? undefined : infoOf(request);
  const people = peopleOf(caller, type, request.participantKeys);
  const purpose = storePurpose(request);

  const key = keyOf(request, context, { type, people, purpose });
  const make = async () =>
    service.conversations.create(context, {
      accountKey,
      key,
      type,
      ...(info !== undefined && { info }),
      onlyAdminsCanSend: type === 'channel',
      purpose,
      members: await membersOf(context, accountKey, people),
      createdBy: actorOf(caller),
    });
  // Looked for first: most who open a direct conversation have it already, and may be in as many as one may be.
  const created = (await service.conversations.found(context, { accountKey, key })) ?? (await make());
  const { conversationId } = created;
  return {
    conversation:
      caller.kind === 'user'
        ? await conversationFor(context, await openReader(context, conversationId))
        : await forServer(context, accountKey, created.view),
  };
};

type Wanted = {
  readonly type: ConversationTypeWord;
  readonly people: readonly Participant[];
  readonly purpose: Purpose;
};

/** What makes a repeat, or the other side at the same moment, find the same conversation. */
function keyOf(
  request: CreateConversationRequest,
  context: ChatContext,
  { type, people, purpose }: Wanted,
): CreatePlan['key'] {
  const [first = '', second = ''] = people.map((person) => person.userKey).toSorted();
  if (type === 'direct') return { direct: [first, second] };
  if (type === 'self') return { self: first };
  const about = { type, info: request.info, people, ...purpose };
  return { senderKey: senderKeyOf(context.caller), requestId: request.requestId, about };
}

async function membersOf(
  context: ChatContext,
  accountKey: string,
  people: readonly Participant[],
): Promise<readonly NewMember[]> {
  const keys = people.map((person) => person.userKey);
  const { room, users } = context.service;
  const [known, full] = await Promise.all([users.find(accountKey, keys, context.now), room.without(accountKey, keys)]);
  return people.map(({ userKey, role }) => {
    const user = known.get(userKey);
    if (user === undefined) throw refuse('USER_NOT_FOUND', { metadata: { user_key: userKey } });
    if (full.has(userKey)) throw refuse('TOO_MANY_CONVERSATIONS', { metadata: { user_key: userKey } });
    return newMember(user, role);
  });
}

function infoOf(request: CreateConversationRequest): ConversationInfoFields {
  const { name = '', description = '', iconUrl = '' } = request.info ?? {};
  if (name.trim() === '') {
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'info.name', description: 'is required for this type' }] });
  }
  return { name, ...(description !== '' && { description }), ...(iconUrl !== '' && { icon_url: iconUrl }) };
}

/** A domain server is nobody's member: it sees what every member sees. */
async function forServer(
  context: ChatContext,
  accountKey: string,
  { id, state }: ConversationView,
): Promise<Conversation> {
  const document = (await context.service.conversations.summaries(accountKey, [id])).get(id);
  if (document === undefined) throw refuse('CONVERSATION_NOT_FOUND');
  return { ...commonOf(document), members: groupMembersOf(state) };
}
