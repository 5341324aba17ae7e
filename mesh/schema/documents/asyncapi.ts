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
    [unreadable, unreadableMessage],
  ]);
  const operations = Object.fromEntries([
    ...calls.map((method) => [requestName(method), callOperation(method)]),
    ...pushes.map((push) => [pushName(push), pushOperation(push)]),
    [unreadable, unreadableOperation],
  ]);
  return {
    asyncapi: '3.0.0',
    info: { title, version },
    servers: { edge: { ...serverOf(server), security: waysIn.map((way) => ({ $ref: waysInAt + way })) } },
    channels: {
      socket: {
        address: '/ws',
        description: channelText,
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', query: ticketQuery, headers: handshakeHeaders } },
      },
    },
    operations,
    components: { messages, schemas: { ...schemas.collected, Error: errorSchema }, securitySchemes },
  };
}

const channelText = [
  'The WebSocket. One of two subprotocols must be asked for: with `circuit.v1.json` frames are text, as told here;',
  'with `circuit.v1.proto` they are binary, a `ClientFrame` or `ServerFrame` of `circuit.socket.v1`, and `data` is the',
  'message of the call or event, encoded.',
].join(' ');

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A user's token." },
  ticket: {
    type: 'httpApiKey',
    in: 'query',
    name: 'ticket',
    description: 'For browsers, which cannot set headers: from `POST /api/auth/ticket`; for one socket, within 30 s.',
  },
};
const waysIn = Object.keys(securitySchemes);
const waysInAt = '#/components/securitySchemes/';

const ticketQuery = { type: 'object', properties: { ticket: { type: 'string' } } };
const handshakeHeaders = {
  type: 'object',
  properties: {
    Authorization: { type: 'string', examples: ['Bearer …'] },
    'Sec-WebSocket-Protocol': { type: 'string', enum: ['circuit.v1.json', 'circuit.v1.proto'] },
  },
  required: ['Sec-WebSocket-Protocol'],
};

/** Where no address is given, it is the one that the document came from. */
function serverOf(address: string | undefined): Schema {
  if (address === undefined || address === '') {
    const host = { description: 'Where this document came from.', default: 'localhost' };
    return { host: '{host}', protocol: 'ws', variables: { host } };
  }
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
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Any number that no unanswered request of this socket has; the reply carries it.',
};

const failure = { ok: { const: false }, error: { $ref: '#/components/schemas/Error' } };

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
        properties: { id: requestId, ...failure },
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
      ...(push.topic === socketTopic ? {} : placeOf(push)),
      data: schemas.refer(push.message.shape),
    },
    required: ['event', ...(push.topic === socketTopic ? [] : ['topic']), 'data'],
  });
}

/** What concerns one socket alone, such as `hello`, comes without a topic. */
const socketTopic = 's';

function placeOf({ topic }: PushSchema): Schema {
  return {
    topic: { type: 'string', pattern: `^${topic}:`, description: `Begins with \`${topic}:\`.` },
    seq: { type: 'integer', minimum: 1, description: "Its number in the topic's log; absent: it has none." },
  };
}

const unreadable = 'frame_unreadable';
const unreadableText = 'The answer to a frame that cannot be read; its id, where that could be read.';
const unreadableMessage = frame('a frame that cannot be read', unreadableText, {
  type: 'object',
  properties: { id: { oneOf: [requestId, { type: 'null' }] }, ...failure },
  required: ['id', 'ok', 'error'],
});
const unreadableOperation: Schema = {
  action: 'send',
  channel,
  title: 'a frame that cannot be read',
  description: unreadableText,
  messages: [inChannel(unreadable)],
};

function frame(title: string, summary: string, payload: Schema): Schema {
  return { name: title, title, ...(summary !== '' && { summary }), contentType: 'application/json', payload };
}
