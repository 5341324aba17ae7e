// The two subprotocols of a socket: how a call is written, and how a frame is read.

import type { Json } from '../../../edge/testing/app.ts';
import { ClientFrame, ServerFrame } from '../../../gen/circuit/socket/v1/socket_service.ts';
import type { MethodSchema } from '../../../mesh/schema/api.ts';
import { loadApiFile } from '../../../mesh/schema/load-api.ts';

export const api = loadApiFile();

export type Failure = { readonly reason: string; readonly message: string };

export type Frame =
  | { readonly id: number; readonly error?: Failure; dataOf(method: MethodSchema): Json }
  | { readonly event: string; readonly topic: string; readonly seq: number; readonly data: Json };

export type Format = {
  readonly subprotocol: string;
  write(id: number, method: MethodSchema, data: Json): string | Uint8Array;
  read(bytes: Buffer): Frame;
};

type JsonFrame = Json & { readonly id?: number; readonly data?: Json; readonly error?: Failure };

export const json: Format = {
  subprotocol: 'circuit.v1.json',
  write: (id, { event }, data) => JSON.stringify({ id, event, data }),
  read(bytes) {
    const { id, data = {}, error, event, topic, seq } = JSON.parse(bytes.toString()) as JsonFrame;
    if (id !== undefined) return { id, ...(error && { error }), dataOf: () => data };
    return { event: String(event), topic: String(topic ?? ''), seq: Number(seq ?? 0), data };
  },
};

export const proto: Format = {
  subprotocol: 'circuit.v1.proto',
  write: (id, { event, request }, data) =>
    ClientFrame.encode({ id, event, data: Buffer.from(request.encodeJson(data)) }).finish(),
  read(bytes) {
    const { kind } = ServerFrame.decode(bytes);
    if (kind?.$case === 'reply') {
      const { id, data = Buffer.alloc(0), error } = kind.value;
      return { id, ...(error && { error }), dataOf: ({ response }) => JSON.parse(response.decodeJson(data)) as Json };
    }
    if (kind === undefined) throw new Error('a frame of no kind');
    const { event, topic, seq, data } = kind.value;
    const { message } = api.pushes.get(event) ?? {};
    if (message === undefined) throw new Error(`an event that the descriptors do not have: ${event}`);
    return { event, topic, seq, data: JSON.parse(message.decodeJson(data)) as Json };
  },
};
