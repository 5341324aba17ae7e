// One signed-in socket of a load generator: requests by number, answers by number, events as bytes.

import { openRawSocket, type RawSocket } from './raw-socket.ts';

type Reply = { readonly id?: number; readonly ok?: boolean; readonly data?: unknown; readonly error?: unknown };

export type Talker = {
  /** Sends a request and resolves with its data; rejects with the error's JSON. */
  call<Data>(event: string, data: unknown): Promise<Data>;
  /** Sends a request; `onReply` hears of its answer. */
  post(event: string, data: unknown): number;
  onReply: (id: number, ok: boolean, payload: Buffer) => void;
  onEvent: (payload: Buffer) => void;
  close(): void;
};

const replyStart = Buffer.from('{"id":');
const okMark = Buffer.from('"ok":true');

/** Resolves when the server said `ready`. */
export async function openTalker(port: number, token: string): Promise<Talker> {
  const calls = new Map<number, { resolve(data: unknown): void; reject(error: Error): void }>();
  let next = 1;
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const talker: Talker & { socket?: RawSocket } = {
    onReply() {},
    onEvent() {},
    post(event, data) {
      const id = next++;
      socket.send(`{"id":${id},"event":"${event}","data":${JSON.stringify(data)}}`);
      return id;
    },
    call<Data>(event: string, data: unknown) {
      return new Promise<Data>((resolve, reject) => {
        calls.set(talker.post(event, data), { resolve: resolve as (data: unknown) => void, reject });
      });
    },
    close: () => socket.close(),
  };
  const socket = await openRawSocket({
    port,
    token,
    subprotocol: 'circuit.v1.json',
    onFrame(payload) {
      if (!payload.subarray(0, replyStart.length).equals(replyStart)) {
        if (payload.indexOf('"event":"ready"') >= 0) ready();
        else talker.onEvent(payload);
        return;
      }
      const id = numberAfter(payload, replyStart.length);
      const call = calls.get(id);
      if (!call) return talker.onReply(id, payload.indexOf(okMark) >= 0, payload);
      calls.delete(id);
      const reply = JSON.parse(payload.toString('utf8')) as Reply;
      if (reply.ok) call.resolve(reply.data);
      else call.reject(new Error(JSON.stringify(reply.error)));
    },
  });
  await isReady;
  return talker;
}

function numberAfter(payload: Buffer, at: number): number {
  let number = 0;
  for (let index = at; payload[index]! >= 48 && payload[index]! <= 57; index++)
    number = number * 10 + payload[index]! - 48;
  return number;
}

/** Makes a group of these users' and returns its id. */
export async function conversationOf(talker: Talker, others: readonly string[], request: string): Promise<string> {
  const { conversation } = await talker.call<{ conversation: { conversation_id: string } }>('conversation.create', {
    request_id: request.padEnd(8, '-'),
    type: others.length === 1 ? 'direct' : 'group',
    participant_keys: others,
    ...(others.length === 1 ? {} : { info: { name: request } }),
  });
  return conversation.conversation_id;
}

/** The key of the nth user of a load. */
export const userKey = (index: number): string => `2${String(index).padStart(11, '0')}`;
