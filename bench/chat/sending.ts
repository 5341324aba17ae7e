// What a handler does for a send, without what stands before it (sockets, Links, validation).

import { randomUUID } from 'node:crypto';
import type { Caller } from '../../mesh/service/caller.ts';
import type { Context } from '../../mesh/service/context.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import type { ChatLogs } from '../../services/chat/open-logs.ts';
import { messageId } from '../load/message-id.ts';

const account = '900000000001';
const log = silentLog();
const text =
  'Dissolved oxygen in pond A1 is at 4.2 mg/l and falling; the aerators were switched on a quarter of an hour ago.';

export async function makeConversation(logs: ChatLogs, at: number) {
  const userKeys = [String(200_000_000_000 + 2 * at), String(200_000_000_001 + 2 * at)];
  const { call, end } = callBy(userKeys[0]!);
  const { conversationId } = await logs.conversations.create(call, {
    accountKey: account,
    key: { senderKey: `user:${userKeys[0]}`, requestId: randomUUID(), about: at },
    type: 'group',
    onlyAdminsCanSend: false,
    members: userKeys.map((user_key) => ({ user_key, role: 'member' })),
    createdBy: userKeys[0]!,
  });
  end();
  return { conversationId, userKeys };
}

export async function sendAs(logs: ChatLogs, conversationId: string, userKey: string): Promise<void> {
  const { call, end } = callBy(userKey);
  const requestId = messageId();
  const conversation = await logs.conversations.open(call, conversationId);
  await conversation.append(call, {
    senderKey: `user:${userKey}`,
    requestId,
    about: { type: 'text', text },
    decide: (state) => {
      if (!state.members.has(userKey)) throw new Error('not a member');
      return {
        kind: 'message',
        content: { type: 'text', text },
        sender: { kind: 'user', user_key: userKey, display_name: 'Asha' },
        metadata: { client_message_id: requestId, platform: 'web', app_version: '1.0.0' },
      };
    },
  });
  end();
}

function callBy(key: string): { readonly call: Context; end(): void } {
  const works: (() => void)[] = [];
  const caller: Caller = {
    kind: 'user',
    key,
    accountKey: account,
    displayName: 'Asha',
    avatarUrl: '',
    roles: [],
    sessionId: key,
    issuedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  };
  const now = Date.now();
  const { signal } = new AbortController();
  const call: Context = {
    caller,
    service: undefined,
    now,
    signal,
    abortable: signal,
    deadline: now + 10_000,
    log,
    traceparent: '',
    onEnd: (work) => works.push(work),
  };
  return {
    call,
    end() {
      for (const work of works) work();
    },
  };
}
