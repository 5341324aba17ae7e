// The AsyncAPI 3 document of the API's WebSocket side, made from the descriptors: what the edge serves at /docs.

import type { Api, MethodSchema, PushSchema } from '../api.ts';
import { collectSchemas, errorSchema, type Schema, type Schemas } from './json-schema.ts';
import type { DocumentOptions } from './openapi.ts';

/** The document as JSON. `send` and `receive` are the server's. */
export function asyncApi(api: Api, { title, version, server }: DocumentOptions): Schema {
  const schemas = collectSchemas(api, '#/components/schemas/');
  const calls = [...api.events.values()];
  const pushes = [...api.pushes.values()];
  const messages = Object.fromEntries([
    ...calls.map((method) => [requestName(method), requestMessage(method, schemas)]),
    ...calls.map((method) => [replyName(method), replyMessage(method, schemas)]),
    ...pushes.map((push) => [pushName(push), pushMessage(push, schemas)]),
  ]);
  const operations = Object.fromEntries([
    ...calls.map((method) => [requestName(method), callOperation(method)]),
    ...pushes.map((push) => [pushName(push), pushOperation(push)]),
  ]);
  return {
    asyncapi: '3.0.0',
    info: { title, version },
    ...(server && { servers: { edge: serverOf(server) } }),
    channels: {
      socket: {
        address: '/ws',
        description: 'The WebSocket, with the subprotocol `circuit.v1.json`.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET' } },
      },
    },
    operations,
    components: { messages, schemas: { ...schemas.collected, Error: errorSchema } },
  };
}

function serverOf(address: string): Schema {
  const url = new URL(address);
  return { host: url.host, protocol: url.protocol === 'https:' ? 'wss' : 'ws' };
}

const channel = { $ref: '#/channels/socket' };
const inChannel = (name: string) => ({ $ref: `#/channels/socket/messages/${name}` });

function requestName(method: MethodSchema): string {
  return `${method.event}:request`.replaceAll(/[^\w-]/g, '_');
}

function replyName(method: MethodSchema): string {
  return `${method.event}:reply`.replaceAll(/[^\w-]/g, '_');
}

function pushName(push: PushSchema): string {
  return `${push.event}:event`.replaceAll(/[^\w-]/g, '_');
}

function callOperation(method: MethodSchema): Schema {
  return {
    action: 'receive',
    channel,
    title: method.event,
    description: method.comment,
    messages: [inChannel(requestName(method))],
    reply: { channel, messages: [inChannel(replyName(method))] },
  };
}

function pushOperation(push: PushSchema): Schema {
  return {
    action: 'send',
    channel,
    title: push.event,
    description: push.comment,
    messages: [inChannel(pushName(push))],
  };
}

const requestId = {
  type: 'integer',
  description: 'Any number that no unanswered request of this socket has; the reply carries it.',
};

function requestMessage(method: MethodSchema, schemas: Schemas): Schema {
  const data = schemas.refer(method.request.shape);
  return frame(method.event, method.comment, {
    type: 'object',
    properties: { id: requestId, event: { const: method.event }, data },
    required: ['id', 'event'],
  });
}

function replyMessage(method: MethodSchema, schemas: Schemas): Schema {
  const data = schemas.refer(method.response.shape);
  return frame(`${method.event}, the reply`, '', {
    oneOf: [
      { type: 'object', properties: { id: requestId, ok: { const: true }, data }, required: ['id', 'ok', 'data'] },
      {
        type: 'object',
        properties: { id: requestId, ok: { const: false }, error: { $ref: '#/components/schemas/Error' } },
        required: ['id', 'ok', 'error'],
      },
    ],
  });
}

function pushMessage(push: PushSchema, schemas: Schemas): Schema {
  return frame(push.event, push.comment, {
    type: 'object',
    properties: {
      event: { const: push.event },
      topic: { type: 'string', description: `Begins with \`${push.topic}:\`.` },
      seq: { type: 'integer', description: "Its number in the topic's log; absent: it has none." },
      data: schemas.refer(push.message.shape),
    },
    required: ['event', 'data'],
  });
}

function frame(title: string, summary: string, payload: Schema): Schema {
  return { name: title, title, ...(summary !== '' && { summary }), contentType: 'application/json', payload };
}
