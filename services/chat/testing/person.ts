// A user in a test: verbs for what people do, over plain gRPC, and a device that receives.

import { randomUUID } from 'node:crypto';
import * as requests from '../../../gen/circuit/chat/v1/chat_service.ts';
import { ChatServiceService, type DeepPartial } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { Content, ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import type { Conversation } from '../../../gen/circuit/chat/v1/conversation.ts';
import { DeletedFor, type Message } from '../../../gen/circuit/chat/v1/message.ts';
import type { TestCaller, TestHost } from '../../../mesh/host/testing.ts';
import { type Device, openDevice } from './device.ts';

type Methods = typeof ChatServiceService;
export type Rpc = keyof Methods;
export type RequestOf<Name extends Rpc> = ReturnType<Methods[Name]['requestDeserialize']>;
export type ResponseOf<Name extends Rpc> = ReturnType<Methods[Name]['responseDeserialize']>;

/** What a test leaves out is made up: a request's own id. */
export type Call = <Name extends Rpc>(rpc: Name, request?: DeepPartial<RequestOf<Name>>) => Promise<ResponseOf<Name>>;

export type Person = {
  readonly key: string;
  readonly name: string;
  readonly device: Device;
  readonly call: Call;
  next(event: string): Promise<Record<string, unknown>>;
  send(conversationId: string, text: string, more?: DeepPartial<RequestOf<'sendMessage'>>): Promise<Message>;
  edit(message: Message, text: string): Promise<Message>;
  delete(message: Message): Promise<void>;
  hide(message: Message): Promise<void>;
  react(message: Message, emoji: string): Promise<void>;
  unreact(message: Message, emoji: string): Promise<void>;
  get(conversationId: string): Promise<Conversation>;
  /** Up to `seq`; without it, everything. */
  read(conversationId: string, seq?: number): Promise<void>;
  messages(conversationId: string, more?: DeepPartial<RequestOf<'listMessages'>>): Promise<readonly Message[]>;
  /** The texts of the newest page of history; notices are left out. */
  texts(conversationId: string): Promise<readonly string[]>;
};

export type PersonOptions = { readonly key: string; readonly name: string; readonly accountKey: string };

export function openPerson(host: TestHost, { key, name, accountKey }: PersonOptions): Person {
  const device = openDevice(host, { userKey: key, accountKey });
  const call = callsOf(host.asUser({ userKey: key, accountKey, displayName: name }));
  const at = ({ messageId, conversationId }: Message) => ({ messageId, conversationId });

  return {
    key,
    name,
    device,
    call,
    next: device.next,
    async send(conversationId, text, more = {}) {
      const content = textOf(text);
      return needed((await call('sendMessage', { conversationId, content, ...more })).message);
    },
    async edit(message, text) {
      return needed((await call('editMessage', { ...at(message), content: textOf(text) })).message);
    },
    async delete(message) {
      await call('deleteMessage', at(message));
    },
    async hide(message) {
      await call('deleteMessage', { ...at(message), deletedFor: DeletedFor.DELETED_FOR_SELF });
    },
    async react(message, emoji) {
      await call('react', { ...at(message), emoji });
    },
    async unreact(message, emoji) {
      await call('unreact', { ...at(message), emoji });
    },
    async get(conversationId) {
      return needed((await call('getConversation', { conversationId })).conversation);
    },
    async read(conversationId, seq) {
      await call('markRead', { conversationId, ...(seq !== undefined && { seq }) });
    },
    async messages(conversationId, more = {}) {
      return (await call('listMessages', { conversationId, ...more })).messages;
    },
    async texts(conversationId) {
      const { messages } = await call('listMessages', { conversationId });
      return messages.filter((message) => message.number > 0).map((message) => message.content?.text ?? '');
    },
  };
}

/** Every RPC of chat by name, as one caller. */
export function callsOf(caller: TestCaller): Call {
  return (rpc, request) => {
    const whole = requestOf(rpc, request ?? {});
    return caller.call(ChatServiceService[rpc] as never, whole) as never;
  };
}

type AnyRequest = { fromPartial(partial: object): Record<string, unknown> };

/** A whole request from some of its fields, with an id of its own where it takes one. */
export function requestOf(rpc: Rpc, partial: object): Record<string, unknown> {
  const name = `${rpc.charAt(0).toUpperCase()}${rpc.slice(1)}Request`;
  const request = (requests as unknown as Readonly<Record<string, AnyRequest>>)[name]?.fromPartial(partial);
  if (request === undefined) throw new Error(`There is no ${name}.`);
  const id = ['requestId', 'clientMessageId'].find((field) => request[field] === '');
  return id === undefined ? request : { ...request, [id]: randomUUID() };
}

export function textOf(text: string): Content {
  return Content.fromPartial({ type: ContentType.CONTENT_TYPE_TEXT, text });
}

/** The value that an answer always holds. */
export function needed<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('The answer lacks what it always holds.');
  return value;
}
