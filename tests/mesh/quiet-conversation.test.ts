import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../../edge/testing/app.ts';
import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { openChat, type TestChat } from '../../services/chat/testing/open-chat.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';

const asha = { userKey: '100000000001', accountKey: '900000000001', displayName: 'Asha' };
const ravi = { userKey: '100000000002', accountKey: '900000000001', displayName: 'Ravi' };
/** What docs/protocol.md says: the last message of a quiet conversation is unseen for so long at worst. */
const boundMs = 62_000;
const secondMs = 1_000;

let chat: TestChat;
let edge: ChatEdge;
let movedMs = 0;

beforeAll(async () => {
  chat = await openChat();
  // The edge's own seconds, which the test lets pass.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  edge = await openChatEdge(chat, { clock: () => Date.now() + movedMs });
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await edge?.close();
  vi.useRealTimers();
  await chat.close();
});

/** From now on the bus loses the events of a topic; answers which it lost. */
function losing(topic: string): readonly TopicEvent[] {
  const lost: TopicEvent[] = [];
  const { bus } = chat.host.host;
  const publish = bus.publish.bind(bus);
  vi.spyOn(bus, 'publish').mockImplementation((event) => {
    if (event.topic === topic) lost.push(event);
    else publish(event);
  });
  return lost;
}

async function call<Data>(app: App, event: string, data: object): Promise<Data> {
  const reply = await app.call(event, data);
  expect(reply).toMatchObject({ ok: true });
  return reply.data as Data;
}

/** A second of the edge's, and time for what it asks of chat in it to be answered. */
async function pass(app: App, conversation_id: string): Promise<void> {
  movedMs += secondMs;
  vi.advanceTimersByTime(secondMs);
  for (let round = 0; round < 2; round++) await call(app, 'conversation.get', { conversation_id });
}

describe('the last message of a quiet conversation, where the bus loses it', () => {
  it('is seen within the bound, though nothing else happens there', async () => {
    const [sender, reader] = [await edge.app(asha), await edge.app(ravi)];
    type Created = { readonly conversation: { readonly conversation_id: string } };
    const request = { request_id: 'the pond', type: 'direct', participant_keys: [ravi.userKey] };
    const { conversation } = await call<Created>(sender, 'conversation.create', request);
    const { conversation_id } = conversation;
    await reader.event('joined');

    const lost = losing(`c:${conversation_id}`);
    const content = { type: 'text', text: 'the last one' };
    await call(sender, 'message.send', { conversation_id, client_message_id: 'the last', content });
    expect(lost.map(({ event }) => event)).toEqual(['message.new']);
    const isHeard = ({ event }: { readonly event?: unknown }) => event === 'message.new';
    await call(reader, 'conversation.get', { conversation_id });
    expect(reader.frames.some(isHeard)).toBe(false);

    const startedMs = movedMs;
    while (!reader.frames.some(isHeard) && movedMs - startedMs < boundMs) await pass(sender, conversation_id);
    expect(reader.frames.find(isHeard)).toMatchObject({
      topic: `c:${conversation_id}`,
      data: { message: { content } },
    });
    for (const app of [sender, reader]) await app.close();
  }, 60_000);
});
