import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicsPerFrame } from '../../edge/limits.ts';
import type { ConversationDocument } from '../../services/chat/documents/conversation-document.ts';
import { type MemberRow, rowId } from '../../services/chat/documents/member-row.ts';
import { conversationsOfUserMax } from '../../services/chat/members/room.ts';
import { openChat, type TestChat } from '../../services/chat/testing/open-chat.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';

const asha = { userKey: '100000000001', accountKey: '900000000001', displayName: 'Asha' };

let chat: TestChat;
let edge: ChatEdge;
beforeAll(async () => {
  chat = await openChat();
  edge = await openChatEdge(chat);
});
afterAll(async () => {
  await edge?.close();
  await chat.close();
});

/** As the store holds conversations that Asha made, alone, some time ago. */
async function store(conversationIds: readonly string[]): Promise<void> {
  const at = new Date(chat.now() - 3_600_000);
  const { userKey: user_key, accountKey: account_key } = asha;
  const heads = conversationIds.map((_id) => ({
    _id,
    account_key,
    type: 'group' as const,
    info: { name: `Pond ${_id}` },
    settings: { only_admins_can_send: false },
    created_by: user_key,
    member_count: 1,
    is_active: true,
    last_seq: 1,
    last_number: 0,
    created_at: at,
    updated_at: at,
  }));
  const rows = conversationIds.map((conversation_id) => ({
    _id: rowId(user_key, conversation_id),
    user_key,
    conversation_id,
    account_key,
    changed: 1,
    role: 'owner' as const,
    rank: 0 as const,
    active: true,
    since: 1,
    joined_at: at,
    joined_number: 0,
    own_changed: 0,
  }));
  await chat.store.db.collection<ConversationDocument>('conversations').insertMany(heads);
  await chat.store.db.collection<MemberRow>('members').insertMany(rows);
}

describe('a user in as many conversations as one may be in', () => {
  it('follows all of them from the start, and hears what is said in any', async () => {
    const ponds = Array.from({ length: conversationsOfUserMax }, (_, n) => String(n + 1).padStart(12, '0'));
    await store(ponds);
    const app = await edge.app(asha);
    // What does not fit into `ready`, which was taken out, came before it.
    const joined = app.frames.filter(({ event }) => event === 'joined');
    const topics = joined.flatMap(({ data }) => Object.keys((data as { readonly topics: object }).topics));
    expect(new Set(topics).size).toBeGreaterThan(conversationsOfUserMax - topicsPerFrame);

    for (const conversation_id of [ponds[0], ponds[2_499], ponds[2_500], ponds.at(-1)]) {
      const content = { type: 'text', text: `in ${conversation_id}` };
      const request = { conversation_id, client_message_id: `to ${conversation_id}`, content };
      expect(await app.call('message.send', request)).toMatchObject({ ok: true });
      const heard = await app.next(({ event, topic }) => event === 'message.new' && topic === `c:${conversation_id}`);
      expect(heard).toMatchObject({ data: { message: { content } } });
    }
    await app.close();
  }, 60_000);
});
