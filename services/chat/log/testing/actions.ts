// What people do in a test, by chat's own handlers: each is one call of one process, decided as it is for apps.

import type { Message } from '../../../../gen/circuit/chat/v1/message.ts';
import type { ChatHandler } from '../../chat.ts';
import type { RoleWord } from '../../documents/member-row.ts';
import { roles } from '../../documents/words.ts';
import { chatService } from '../../service.ts';
import { type RequestOf, type ResponseOf, type Rpc, requestOf, textOf } from '../../testing/person.ts';
import { callBy, type Process, user } from './test-logs.ts';

export type Action =
  | { readonly do: 'send'; readonly text: string }
  | { readonly do: 'edit'; readonly messageId: string; readonly text: string }
  | { readonly do: 'delete'; readonly messageId: string }
  | { readonly do: 'react'; readonly messageId: string; readonly emoji: string; readonly removed: boolean }
  | { readonly do: 'add'; readonly userKey: string }
  | { readonly do: 'remove'; readonly userKey: string }
  | { readonly do: 'role'; readonly userKey: string; readonly role: RoleWord }
  | { readonly do: 'leave' }
  | { readonly do: 'read'; readonly seq: number }
  | { readonly do: 'deliver'; readonly seq: number };

/** Added to a number that is to lie above the log's head. */
export const beyondHead = 1_000;

export type Request = { readonly by: string; readonly requestId: string; readonly action: Action };

/** What the answers have in common; `seq` is 0 where nothing was to do. */
export type Answer = { readonly message?: Message | undefined; readonly seq?: number };

/** Does it in one process, as one call that was never made before. */
export function performAnew(
  process: Process,
  conversationId: string,
  by: string,
  action: Action,
  now: number,
): Promise<Answer> {
  return perform(process, conversationId, { by, requestId: `${action.do} ${Math.random()}`, action }, now);
}

/** Does it in one process, as one call. */
export async function perform(
  process: Process,
  conversationId: string,
  { by, requestId, action }: Request,
  now: number,
): Promise<Answer> {
  await process.meet(action.do === 'add' ? [by, action.userKey] : [by]);
  const [rpc, fields] = requestFor(action, conversationId);
  const ids = { conversationId, requestId, clientMessageId: requestId };
  return (await ask(process, by, rpc, { ...ids, ...fields }, now)) as Answer;
}

/** One call of a user to any of chat's handlers. */
export async function ask<Name extends Rpc>(
  process: Process,
  by: string,
  rpc: Name,
  fields: object,
  now: number,
): Promise<ResponseOf<Name>> {
  const call = callBy(user(by), now);
  try {
    const handler = chatService.handlers[rpc] as unknown as ChatHandler<RequestOf<Name>, ResponseOf<Name>>;
    return await handler(requestOf(rpc, fields) as RequestOf<Name>, { ...call, service: process.chat });
  } finally {
    call.end();
  }
}

function requestFor(action: Action, conversationId: string): readonly [Rpc, object] {
  switch (action.do) {
    case 'send':
      return ['sendMessage', { content: textOf(action.text) }];
    case 'edit':
      return ['editMessage', { messageId: action.messageId, content: textOf(action.text) }];
    case 'delete':
      return ['deleteMessage', { messageId: action.messageId }];
    case 'react':
      return ['react', { messageId: action.messageId, emoji: action.emoji, remove: action.removed }];
    case 'add':
      return ['addMembers', { userKeys: [action.userKey] }];
    case 'remove':
      return ['removeMember', { userKey: action.userKey }];
    case 'role':
      return ['changeRole', { userKey: action.userKey, role: roles[action.role] }];
    case 'leave':
      return ['leaveConversation', {}];
    case 'read':
      return ['markRead', { seq: action.seq }];
    case 'deliver':
      return ['markDelivered', { positions: [{ conversationId, seq: action.seq }] }];
  }
}
