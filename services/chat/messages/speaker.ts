// For whom a message is sent: a user sends for themselves; a domain server for a user, an agent or a guest, and only it
// may say how a model made the message and where the message stands on another network.

import type { SendMessageRequest } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { SenderKind, type Speaker } from '../../../gen/circuit/chat/v1/message.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { Caller } from '../../../mesh/service/caller.ts';
import type { ChatContext } from '../chat.ts';
import type { OpenConversation } from '../conversation-log/conversation-log.ts';
import type { ConversationState } from '../conversation-log/state.ts';
import type { MessageBody, StoredSender } from '../documents/message-document.ts';
import { storeAiMetadata, storeOrigin } from '../documents/stored-provenance.ts';
import { checkOpen, speakerIn } from '../members/rules.ts';
import { asSender, senderOf } from './sender.ts';

type Told = Pick<SendMessageRequest, 'sender' | 'aiMetadata' | 'origin'>;

/** Whom a domain server speaks for; `undefined`: the caller is a user. Throws INVALID_REQUEST. */
export function spokenFor({ sender, aiMetadata, origin }: Told, caller: Caller): Speaker | undefined {
  if (caller.kind === 'user') {
    const fields = Object.entries({ sender, ai_metadata: aiMetadata, origin });
    const [given] = fields.find(([, value]) => value !== undefined) ?? [];
    if (given !== undefined) throw wrong(given, 'is for domain servers');
    return undefined;
  }
  if (sender === undefined) throw wrong('sender', 'is required from a domain server');
  const { kind, userKey, externalId } = sender;
  const isUser = kind === SenderKind.SENDER_KIND_USER;
  const isAgent = kind === SenderKind.SENDER_KIND_AGENT;
  if (!isUser && !isAgent && kind !== SenderKind.SENDER_KIND_GUEST) {
    throw wrong('sender.kind', 'is not one of user, agent, guest');
  }
  if (isUser !== (userKey !== '')) throw wrong('sender.user_key', isUser ? 'is missing' : 'is for users');
  if (isUser === (externalId !== '')) throw wrong('sender.external_id', isUser ? 'is not for users' : 'is missing');
  if (aiMetadata !== undefined && !isAgent) throw wrong('ai_metadata', 'is for agents');
  return sender;
}

/** The sender as the message keeps them. Waits for the conversation only where a server speaks for a user. */
export async function senderFor(
  context: ChatContext,
  speaker: Speaker | undefined,
  opening: Promise<OpenConversation>,
): Promise<StoredSender> {
  if (speaker === undefined) return senderOf(context);
  const { kind, userKey, displayName, avatarUrl, externalId } = speaker;
  if (kind !== SenderKind.SENDER_KIND_USER) {
    return {
      kind: kind === SenderKind.SENDER_KIND_AGENT ? 'agent' : 'guest',
      ...(displayName && { display_name: displayName }),
      ...(avatarUrl && { avatar_url: avatarUrl }),
      external_id: externalId,
    };
  }
  const { accountKey } = (await opening).state;
  const known = await context.service.users.find(accountKey, [userKey], context.now);
  return asSender(known.get(userKey) ?? { userKey, displayName: '', avatarUrl: '' });
}

/**
 * The number from which a sender knows the conversation. Users must be members who may speak; agents and guests are
 * let in by their server. Throws NOT_A_MEMBER, CONVERSATION_CLOSED, ONLY_ADMINS_CAN_SEND.
 */
export function knowsSince(state: ConversationState, { user_key }: StoredSender): number {
  if (user_key !== undefined) return speakerIn(state, user_key).since;
  checkOpen(state);
  return 0;
}

/** What the server says of the message, for the store. */
export function provenanceOf({ aiMetadata, origin }: Told): Pick<MessageBody, 'ai_metadata' | 'origin'> {
  return {
    ...(aiMetadata && { ai_metadata: storeAiMetadata(aiMetadata) }),
    ...(origin && { origin: storeOrigin(origin) }),
  };
}

function wrong(field: string, description: string): Error {
  return refuse('INVALID_REQUEST', { violations: [{ field, description }] });
}
