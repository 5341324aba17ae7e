import { describe, expect, it } from 'vitest';
import { ConversationType, MemberRole } from '../../gen/circuit/chat/v1/conversation.ts';
import { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { type Call, callsOf, type RequestOf, type Rpc, textOf } from './testing/person.ts';
import { talk } from './testing/talk.ts';

/** What a stranger to the account may know the names of. */
type Names = { readonly conversationId: string; readonly messageId: string; readonly userKey: string };
type Caller = 'user' | 'server';
type Attempt = { readonly by?: Caller; readonly request: (names: Names) => object };

const emoji = '👍';
const content = textOf('x');
const system = { kind: 'x', parameters: new Map<string, string>() };
const role = MemberRole.MEMBER_ROLE_OWNER;

/** One attempt through every RPC: a new RPC does not compile without its own. */
const attempts: { readonly [Name in Rpc]: Attempt } = {
  createConversation: {
    request: ({ userKey }) => ({ type: ConversationType.CONVERSATION_TYPE_DIRECT, participantKeys: [userKey] }),
  },
  getConversation: { request: ({ conversationId }) => ({ conversationId }) },
  listConversations: { request: () => ({}) },
  deleteConversation: { request: ({ conversationId }) => ({ conversationId }) },
  listMembers: { request: ({ conversationId }) => ({ conversationId }) },
  addMembers: { by: 'server', request: ({ conversationId, userKey }) => ({ conversationId, userKeys: [userKey] }) },
  removeMember: { by: 'server', request: ({ conversationId, userKey }) => ({ conversationId, userKey }) },
  leaveConversation: { request: ({ conversationId }) => ({ conversationId }) },
  changeRole: { by: 'server', request: ({ conversationId, userKey }) => ({ conversationId, userKey, role }) },
  sendMessage: { request: ({ conversationId }) => ({ conversationId, content }) },
  postSystemMessage: { by: 'server', request: ({ conversationId }) => ({ conversationId, system }) },
  forwardMessage: { request: ({ messageId, conversationId }) => ({ messageId, conversationId }) },
  getMessage: { request: ({ messageId }) => ({ messageId }) },
  listMessages: { request: ({ conversationId }) => ({ conversationId }) },
  editMessage: { request: ({ messageId }) => ({ messageId, content }) },
  listEdits: { request: ({ messageId, conversationId }) => ({ messageId, conversationId }) },
  deleteMessage: { request: ({ messageId }) => ({ messageId }) },
  react: { request: ({ messageId }) => ({ messageId, emoji }) },
  unreact: { request: ({ messageId, conversationId }) => ({ messageId, conversationId, emoji }) },
  listReactions: { request: ({ messageId }) => ({ messageId }) },
  markRead: { request: ({ conversationId, messageId }) => ({ conversationId, messageId }) },
  markDelivered: { request: ({ conversationId }) => ({ positions: [{ conversationId, seq: 1 }] }) },
  listReceipts: { request: ({ messageId }) => ({ messageId }) },
  startTyping: { request: ({ conversationId }) => ({ conversationId }) },
  stopTyping: { request: ({ conversationId }) => ({ conversationId }) },
  muteConversation: { request: ({ conversationId }) => ({ conversationId, muted: true }) },
  pinConversation: { request: ({ conversationId }) => ({ conversationId, pinned: true }) },
  archiveConversation: { request: ({ conversationId }) => ({ conversationId, archived: true }) },
  saveDraft: { request: ({ conversationId }) => ({ conversationId, content: 'x' }) },
  sync: { request: ({ conversationId }) => ({ positions: [{ topic: `c:${conversationId}`, seq: 0 }] }) },
  putUsers: { by: 'server', request: () => ({ accountKey: '', users: [] }) },
};

/** One for all attempts: none of them may change anything. */
let scene: Awaited<ReturnType<typeof setScene>> | undefined;

async function setScene() {
  const opened = await talk();
  const { asha, pond, stranger, chat } = opened;
  const { messageId } = await asha.send(pond, 'DO is 2.1');
  const agri = callsOf(chat.host.asService({ kind: 'domain_server', key: 'agri', accountKeys: ['988888888888'] }));
  return { ...opened, messageId, agri, other: await stranger() };
}

async function outcome(call: Call, rpc: Rpc, request: object): Promise<unknown> {
  try {
    return { answer: await call(rpc, request as RequestOf<typeof rpc>) };
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    const { reason, message, details } = error;
    return { reason, message, retryAfterMs: details.retryAfterMs };
  }
}

describe('another account', () => {
  it.each(Object.keys(attempts) as Rpc[])('sees by %s what it sees of names that do not exist', async (rpc) => {
    scene ??= await setScene();
    const { asha, pond, accountKey, messageId, other, agri } = scene;
    const before = await asha.get(pond);

    const { by = 'user', request } = attempts[rpc];
    const call = by === 'user' ? other.call : agri;
    const real = await outcome(call, rpc, request({ conversationId: pond, messageId, userKey: asha.key }));
    const none = { conversationId: '977777777777', messageId: '966666666666', userKey: '955555555555' };
    const unreal = await outcome(call, rpc, request(none));

    const shown = JSON.stringify(real).replaceAll(pond, none.conversationId);
    expect(shown).toBe(JSON.stringify(unreal));
    expect(shown).not.toContain(accountKey);
    expect(shown).not.toContain('DO is 2.1');
    expect(await asha.get(pond)).toEqual(before);
  });
});
