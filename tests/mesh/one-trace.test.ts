// One trace shows a message's whole way: from the frame, the HTTP request or the gRPC call that brought it, through the
// service and the database, to every edge's fan-out. Two edges and a chat process over real sockets, one SDK for all.

import { once } from 'node:events';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Edge, openEdge } from '../../edge/open-edge.ts';
import { App, type Json } from '../../edge/testing/app.ts';
import { ChatServiceService, ListMessagesRequest, SendMessageRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import type { UserToken } from '../../mesh/auth/issuer.ts';
import type { MeshLinks } from '../../mesh/caller/link-client/open-links.ts';
import {
  asha,
  openTestHost,
  openTestLinks,
  openTrust,
  ravi,
  type TestHost,
  type Trust,
} from '../../mesh/host/testing.ts';
import { type Connection, connectStore } from '../../mesh/store/connect.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { openMetrics } from '../../mesh/telemetry/metrics.ts';
import { chatService } from '../../services/chat/service.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const outside = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${outside.traceId}-${outside.spanId}-01`;
const exporter = new InMemorySpanExporter();
const metrics = openMetrics();
const lines: Json[] = [];
const log = openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } });

let trust: Trust;
let store: TestStore;
let connection: Connection;
let host: TestHost;
let links: readonly MeshLinks[];
let edges: readonly Edge[];
let pond: string;
const apps: App[] = [];

beforeAll(async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  trust = openTrust();
  store = await openTestStore({ collections: [...chatService.collections, counters] });
  connection = await connectStore({ uri: store.uri, log, metrics });
  const { db } = connection;
  host = await openTestHost({ services: [chatService], db, ids: openIds({ db, key: 'a key for tests' }), trust, log });
  const { api } = host;
  links = await Promise.all([1, 2].map(() => openTestLinks(trust, api, [host.host.address])));
  edges = await Promise.all(
    links.map((each) => openEdge({ api, links: each, verifier: trust.verifier, log, drainMs: 0 })),
  );
  apps.push(await appOf(asha, 0), await appOf(ravi, 1));
  const created = await call('conversation.create', {
    request_id: 'the pond',
    type: 'direct',
    participant_keys: [ravi.userKey],
  });
  pond = (created.conversation as { conversation_id: string }).conversation_id;
  await Promise.all(apps.map((app) => app.next(joined)));
  // From here on the log is open and its head document up to date: a send costs one command.
  await say('the first');
  await heard('the first');
});
beforeEach(() => exporter.reset());
afterAll(async () => {
  for (const each of [...edges, ...links]) await each.close();
  await host.close();
  await connection.close();
  await store.close();
  metrics.close();
  trace.disable();
  context.disable();
});

async function appOf(user: UserToken, edge: number): Promise<App> {
  const headers = { authorization: `Bearer ${await trust.issuer.issueUser(user)}` };
  const socket = new WebSocket(`ws://127.0.0.1:${edges[edge]?.port}/ws`, 'circuit.v1.json', { headers });
  const app = new App(socket);
  await once(socket, 'open');
  await app.event('ready');
  return app;
}

const joined = ({ event, data }: Json) =>
  event === 'joined' && Object.keys((data as { topics: object }).topics).includes(`c:${pond}`);

async function call(event: string, data: Json): Promise<Json> {
  const reply = await apps[0]?.call(event, data);
  if (reply?.ok !== true) throw new Error(`${event} was answered with ${JSON.stringify(reply)}`);
  return reply.data as Json;
}

const content = (text: string) => ({ type: 'text', text });
const say = (text: string) =>
  call('message.send', { conversation_id: pond, client_message_id: `send ${text}`, content: content(text) });

/** Resolves when both apps, each at its own edge, were shown this message. */
async function heard(text: string): Promise<void> {
  const isIt = ({ event, data }: Json) => event === 'message.new' && JSON.stringify(data).includes(`"${text}"`);
  await Promise.all(apps.map((app) => app.next(isIt)));
}

/** The spans of one trace, each under its parent, in the order in which they began. */
function tree(traceId: string, parent: string | undefined, depth = 0): readonly string[] {
  return exporter
    .getFinishedSpans()
    .filter((span) => span.spanContext().traceId === traceId && span.parentSpanContext?.spanId === parent)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.name} ${SpanKind[span.kind]}`,
      ...tree(traceId, span.spanContext().spanId, depth + 1),
    ]);
}

const spanOf = (name: string): ReadableSpan => {
  const found = exporter.getFinishedSpans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`there is no span ${name}`);
  return found;
};

const sendRpc = 'circuit.chat.v1.ChatService/SendMessage SERVER';
const sent = (depth: number) =>
  [
    sendRpc,
    '  append INTERNAL',
    '    insert messages CLIENT',
    '    publish c PRODUCER',
    '      fan-out c CONSUMER',
    '      fan-out c CONSUMER',
  ].map((line) => `${'  '.repeat(depth)}${line}`);

describe('one trace', () => {
  it('shows a message from its frame to the fan-out of every edge', async () => {
    await say('over a socket');
    await heard('over a socket');
    const { traceId } = spanOf('message.send').spanContext();
    expect(tree(traceId, undefined)).toEqual(['message.send SERVER', ...sent(1)]);
  });

  it('goes on from whoever calls over REST', async () => {
    const token = await trust.issuer.issueUser(asha);
    const response = await fetch(`http://127.0.0.1:${edges[1]?.port}/api/chat/conversations/${pond}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', traceparent },
      body: JSON.stringify({ client_message_id: 'over REST', content: content('over REST') }),
    });
    expect(response.status).toBe(200);
    await heard('over REST');
    const route = 'POST /api/chat/conversations/{conversation_id}/messages';
    expect(tree(outside.traceId, outside.spanId)).toEqual([`${route} SERVER`, ...sent(1)]);
    expect(spanOf(route).attributes).toMatchObject({ 'http.response.status_code': 200 });
  });

  it('goes on from whoever calls over gRPC, and begins there where it brings none', async () => {
    const send = (text: string, metadata: Record<string, string>) => {
      const request = SendMessageRequest.fromPartial({
        conversationId: pond,
        clientMessageId: `send ${text}`,
        content: { type: 1, text },
      });
      return host.asUser(asha).call(ChatServiceService.sendMessage, request, { metadata });
    };
    await send('over gRPC', { traceparent });
    await heard('over gRPC');
    expect(tree(outside.traceId, outside.spanId)).toEqual(sent(0));

    exporter.reset();
    await send('without a trace', {});
    await heard('without a trace');
    const { traceId } = spanOf('append').spanContext();
    expect(tree(traceId, undefined)).toEqual(sent(0));
  });

  it('is one for each of many requests whose entries go to the database together', async () => {
    const texts = Array.from({ length: 40 }, (_, n) => `of many ${n}`);
    await Promise.all(texts.map(say));
    await Promise.all(texts.map(heard));
    const inserts = exporter.getFinishedSpans().filter(({ name }) => name === 'insert messages');
    const traces = new Set(inserts.map((span) => span.spanContext().traceId));
    expect(traces.size).toBe(texts.length);
    for (const traceId of traces) expect(tree(traceId, undefined)).toEqual(['message.send SERVER', ...sent(1)]);
    const sizes = inserts.map(({ attributes }) => attributes['db.operation.batch.size'] ?? 1);
    expect(Math.max(...sizes.map(Number))).toBeGreaterThan(1);
  });

  it('names the collection and the topic, and nothing that anybody said', async () => {
    await say('a private word');
    await heard('a private word');
    expect(spanOf('insert messages').attributes).toMatchObject({
      'db.system.name': 'mongodb',
      'db.operation.name': 'insert',
      'db.collection.name': 'messages',
    });
    expect(spanOf('fan-out c').attributes).toMatchObject({
      'messaging.system': 'circuit',
      'messaging.operation.type': 'process',
      'messaging.destination.name': `c:${pond}`,
      'circuit.event': 'message.new',
      'circuit.sockets': 1,
    });
    const told = exporter.getFinishedSpans().map(({ attributes, events, name }) => ({ attributes, events, name }));
    expect(JSON.stringify(told)).not.toContain('a private word');
  });

  it('is named by the line of the log that tells what was wrong', async () => {
    const nowhere = '999999999999';
    const told = () => lines.filter(({ reason }) => reason === 'CONVERSATION_NOT_FOUND').map((line) => line.trace_id);
    await apps[0]?.call('message.list', { conversation_id: nowhere });
    expect(told()).toEqual([spanOf('message.list').spanContext().traceId]);

    lines.length = 0;
    const headers = { authorization: `Bearer ${await trust.issuer.issueUser(asha)}`, traceparent };
    const path = `/api/chat/conversations/${nowhere}/messages`;
    expect((await fetch(`http://127.0.0.1:${edges[0]?.port}${path}`, { headers })).status).toBe(404);
    expect(told()).toEqual([outside.traceId]);

    lines.length = 0;
    const request = ListMessagesRequest.fromPartial({ conversationId: nowhere });
    const asked = host.asUser(asha).call(ChatServiceService.listMessages, request, { metadata: { traceparent } });
    await expect(asked).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
    expect(told()).toEqual([outside.traceId]);
  });

  it('shows what was looked up for a refusal', async () => {
    const { message } = (await say('not for Ravi to edit')) as { message: { message_id: string } };
    const edit = { conversation_id: pond, message_id: message.message_id, content: content('edited') };
    const reply = await apps[1]?.call('message.edit', { request_id: 'an edit by Ravi', ...edit });
    expect(reply).toMatchObject({ ok: false, error: { reason: 'NOT_THE_SENDER' } });
    const { traceId } = spanOf('message.edit').spanContext();
    const append = exporter.getFinishedSpans().find((span) => {
      return span.name === 'append' && span.spanContext().traceId === traceId;
    });
    // The message, then whether the log ends where it was decided, and whether the request is stored already.
    expect(tree(traceId, append?.spanContext().spanId)).toEqual(Array(3).fill('find messages CLIENT'));
  });

  it('shows what a page of history asks of the database', async () => {
    await call('message.list', { conversation_id: pond, page_size: 5 });
    const rpc = spanOf('circuit.chat.v1.ChatService/ListMessages').spanContext();
    expect(tree(rpc.traceId, rpc.spanId)).toContain('find messages CLIENT');
  });
});
