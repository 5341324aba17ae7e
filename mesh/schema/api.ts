// The whole API as data, derived once from the descriptors: what the host, the caller and the edge are driven by.

import type { Violation } from '../errors/circuit-error.ts';
import type { Caller } from '../service/caller.ts';
import type { JsonWriter } from './json/json-writer.ts';
import type { MessageShape } from './shape.ts';

export type Api = {
  /** By full name, such as `circuit.chat.v1.ChatService/SendMessage`. */
  readonly methods: ReadonlyMap<string, MethodSchema>;
  /** By WebSocket event, such as `message.send`. */
  readonly events: ReadonlyMap<string, MethodSchema>;
  /** What the server pushes, by event, such as `message.new`. */
  readonly pushes: ReadonlyMap<string, PushSchema>;
  /** Who keeps the topics of a prefix. Others (`d`, `p`, `a`) have no log; any service may publish on them. */
  readonly topics: ReadonlyMap<string, TopicSchema>;
  /** Services by full name, such as `circuit.chat.v1.ChatService`. */
  readonly services: ReadonlyMap<string, ServiceSchema>;
  /** The comments of the .proto files, by the descriptor's `proto`, such as `shape.fields[0].desc.proto`. */
  readonly comments: ReadonlyMap<object, string>;
  /** Every message, by full name. */
  readonly messages: ReadonlyMap<string, MessageSchema>;
};

export type ServiceSchema = {
  readonly name: string;
  /** Its short name, such as `chat`; empty for what belongs to the mesh itself (Link, topics, the socket). */
  readonly service: string;
  readonly methods: readonly MethodSchema[];
  readonly comment: string;
};

export type Importance = 'low' | 'normal' | 'high';

export type MethodSchema = {
  /** Such as `circuit.chat.v1.ChatService/SendMessage`. */
  readonly name: string;
  /** The short name of its service, such as `chat`. */
  readonly service: string;
  readonly event: string;
  readonly callers: readonly Caller['kind'][];
  readonly roles: readonly string[];
  /** Name of the request field (snake_case) that decides which process answers; empty: any. */
  readonly routeBy: string;
  /** Name of the request field (snake_case) that makes a repeat the same call; empty: none. */
  readonly requestId: string;
  /** Name of the request field (snake_case) that says where a part of a long HTTP body begins; empty: none. */
  readonly partOffset: string;
  readonly cost: number;
  readonly timeoutMs: number;
  /** What is refused first, and what last, by a process that has too much to do. */
  readonly importance: Importance;
  /** `idempotency_level` NO_SIDE_EFFECTS, or a request id: a lost call may be made again. */
  readonly repeatable: boolean;
  /** Takes or gives a stream: gRPC only, neither an event nor a route. */
  readonly streaming: boolean;
  readonly http: readonly HttpBinding[];
  readonly request: MessageSchema;
  readonly response: MessageSchema;
  readonly comment: string;
};

export type HttpBinding = {
  readonly verb: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  /** Such as `/api/chat/conversations/{conversation_id}/messages`. */
  readonly path: string;
  /** `*`, a field's name, or empty. */
  readonly body: string;
};

export type PushSchema = {
  readonly event: string;
  readonly topic: string;
  readonly message: MessageSchema;
  readonly comment: string;
};

export type TopicSchema = { readonly prefix: string; readonly service: string; readonly sequenced: boolean };

export type MessageSchema = {
  readonly name: string;
  /** What validators, codecs and documents are compiled from. */
  readonly shape: MessageShape;
  /** What is wrong with an encoded message by its field rules, each with its path; empty: nothing. Never throws. */
  validate(bytes: Uint8Array): readonly Violation[];
  /** The JSON of the edge, as parsed, to protobuf bytes. Throws INVALID_REQUEST with every violation of shape. */
  encodeJson(value: unknown): Uint8Array;
  /** Protobuf bytes to the JSON text of the edge. Throws MALFORMED_FRAME. */
  decodeJson(bytes: Uint8Array): string;
  /** The same behind what was written already. Throws MALFORMED_FRAME, with a part written. */
  writeJson(bytes: Uint8Array, out: JsonWriter): void;
  /** One top-level string (or number, as text) of an encoded message, by its snake_case name; empty when absent. */
  readField(bytes: Uint8Array, field: string): string;
};
