import { afterAll, describe, expect, it } from 'vitest';
import { type Talk, talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';

let edge: ChatEdge | undefined;
afterAll(() => edge?.close());

type Ask = (verb: string, path: string, data?: object) => Promise<Record<string, unknown>>;

async function asker(opened: Talk, who: 'asha' | 'ravi' | 'fish'): Promise<Ask> {
  edge ??= await openChatEdge(opened.chat);
  const { url, tokenOf } = edge;
  const { accountKey } = opened;
  const token = await tokenOf(
    who === 'fish'
      ? { kind: 'domain_server', key: 'fish', accountKeys: [accountKey] }
      : { userKey: opened[who].key, accountKey, displayName: opened[who].name },
  );
  return async (verb, path, data) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(url + path, { method: verb, headers, ...(data && { body: JSON.stringify(data) }) });
    const json = (await answer.json()) as Record<string, unknown>;
    expect([answer.status, json]).toEqual([200, expect.anything()]);
    return json;
  };
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const id = expect.stringMatching(/^\d{12}$/);

describe('the documents of REST', () => {
  it('are a conversation and a group by the names that apps know, and POST /groups needs no type', async () => {
    const opened = await talk();
    const { asha: her, ravi: him, accountKey } = opened;
    const asha = await asker(opened, 'asha');
    const info = { name: 'Pond B2', description: 'Shrimp', icon_url: 'https://example.org/b2.png' };
    const context = { type: 'shipment', id: '42', references: { bid_id: '15' } };
    const made = await asha('POST', '/api/chat/groups', { info, context, participant_keys: [him.key] });
    const { conversation_id } = made.conversation as { conversation_id: string };
    await asha('PUT', `/api/chat/conversations/${conversation_id}/pin`, { pinned: true });
    await asha('PUT', `/api/chat/conversations/${conversation_id}/mute`, { muted: true });
    await asha('PUT', `/api/chat/conversations/${conversation_id}/draft`, { content: 'and now' });
    await asha('PUT', `/api/chat/groups/${conversation_id}/members/${him.key}/role`, { role: 'admin' });
    await (await asker(opened, 'ravi'))('POST', `/api/chat/conversations/${conversation_id}/typing`);
    const content = { type: 'text', text: 'DO is 2.1' };
    await asha('POST', `/api/chat/conversations/${conversation_id}/messages`, { content });

    const { conversation } = await asha('GET', `/api/chat/groups/${conversation_id}`);
    expect(conversation).toMatchObject({
      conversation_id: id,
      group_id: conversation_id,
      account_key: accountKey,
      type: 'group',
      medium: 'chat',
      context,
      info,
      members: { count: 2, admins: [him.key], owner_key: her.key },
      participants: [
        { user_key: her.key, role: 'owner', joined_at: time },
        { user_key: him.key, role: 'admin', joined_at: time },
      ],
      last_message: {
        message_id: id,
        content_preview: 'DO is 2.1',
        sender_key: her.key,
        sender_name: 'Asha',
        sent_at: time,
        type: 'text',
      },
      unread_counts: { [her.key]: 0 },
      muted_by: { [her.key]: time },
      pinned_by: [her.key],
      typing: { [him.key]: time },
      draft: { [her.key]: { content: 'and now', updated_at: time } },
      created_by: her.key,
      is_active: true,
      created_at: time,
      updated_at: time,
    });
  });

  it('are a message by the names that apps know', async () => {
    const opened = await talk();
    const { asha: her, ravi: him, pond, accountKey } = opened;
    const [asha, ravi] = [await asker(opened, 'asha'), await asker(opened, 'ravi')];
    const media = {
      media_id: '000000000123',
      url: 'https://media.example/noon.jpg',
      thumbnail_url: 'https://media.example/noon-small.jpg',
      mime_type: 'image/jpeg',
      file_name: 'noon.jpg',
      file_size: 48_213,
      dimensions: { width: 1280, height: 720 },
    };
    const metadata = { platform: 'ios', app_version: '2.4.1' };
    const content = { type: 'image', caption: 'Pond A1 at noon' };
    const path = `/api/chat/conversations/${pond}/messages`;
    const sent = await asha('POST', path, { content, media, mentions: [him.key], metadata });
    const { message_id } = sent.message as { message_id: string };
    await ravi('POST', `/api/chat/messages/${message_id}/react`, { emoji: '👍' });
    await ravi('POST', `/api/chat/conversations/${pond}/read`);
    await ravi('POST', path, { content: { type: 'text', text: 'Clear' }, reply_to_message_id: message_id });
    await asha('PUT', `/api/chat/messages/${message_id}`, { content: { ...content, caption: 'At noon' } });

    const { messages } = await asha('GET', path);
    expect((messages as unknown[]).slice(-2)).toMatchObject([
      {
        message_id,
        conversation_id: pond,
        account_key: accountKey,
        sender: { user_key: her.key, display_name: 'Asha', kind: 'user', role: 'user' },
        content: { type: 'image', caption: 'At noon' },
        media,
        attachments: [media],
        reactions: [{ emoji: '👍', user_keys: [him.key], count: 1, reaction_type: 'like' }],
        status: 'read',
        delivery_status: { [him.key]: { delivered_at: time, read_at: time } },
        delivery_counts: { recipients: 1, delivered: 1, read: 1 },
        edited: { is_edited: true, edited_at: time, original_content: 'Pond A1 at noon' },
        metadata: { client_message_id: expect.any(String), ...metadata },
        created_at: time,
        updated_at: time,
      },
      { reply_to: { message_id, sender_key: her.key, content_preview: expect.stringContaining('At noon') } },
    ]);

    await asha('DELETE', `/api/chat/messages/${message_id}`);
    const { message } = await ravi('GET', `/api/chat/messages/${message_id}`);
    expect(message).toMatchObject({ deleted: { is_deleted: true, deleted_at: time, deleted_for: 'everyone' } });
    expect(message).not.toHaveProperty('content');
    expect(message).not.toHaveProperty('delivery_status');
  });

  it('are an answer of an agent, sent by a domain server', async () => {
    const opened = await talk();
    const fish = await asker(opened, 'fish');
    const told = {
      content: { type: 'text', text: 'Run the aerator' },
      sender: { kind: 'agent', external_id: 'agent-7', display_name: 'Pond advisor' },
      ai_metadata: { model: 'small-1', tokens_used: 321, response_time_ms: 840, temperature: 0, finish_reason: 'stop' },
      origin: { source: 'instagram', external_id: 'mid_1', external_thread_id: 'thread_1', direction: 'outbound' },
    };
    const { message } = await fish('POST', `/api/chat/conversations/${opened.pond}/messages`, told);
    expect(message).toMatchObject({ ...told, sender: { ...told.sender, role: 'assistant' } });
  });
});
