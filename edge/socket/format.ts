// How frames look on the wire: one format for each subprotocol. What is said is the same in both.

import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import type { MessageSchema } from '../../mesh/schema/api.ts';

export type ClientRequest = {
  readonly id: number;
  readonly event: string;
  /** The request's message as this format carries it; `Format.encode` makes bytes of it. */
  readonly data: unknown;
};

/** A frame that is no request; `id` where it could be read. */
export type Malformed = { readonly id: number | undefined; readonly error: CircuitError };

export type Frame = string | Uint8Array;

/** What every app can write exactly, in JSON and as int64. 0 is what a frame without an id has in protobuf. */
export function isRequestId(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) > 0;
}

export type Format<F extends Frame = Frame> = {
  readonly name: 'json' | 'proto';
  readonly subprotocol: string;
  readonly binary: boolean;
  /** Stands before a topic's name, so that the sockets of each format have a topic of their own. */
  readonly mark: string;
  /** The buffer is only valid during the call; nothing of it is kept. Never throws. */
  read(frame: ArrayBuffer, isBinary: boolean): ClientRequest | Malformed;
  /** The request's message, encoded. Throws INVALID_REQUEST. */
  encode(schema: MessageSchema, data: unknown): Uint8Array;
  reply(id: number, schema: MessageSchema, response: Uint8Array): Frame;
  failure(id: number | undefined, error: CircuitError): F;
  /** Without a schema (an event that this edge does not know) it only tells that the position moved. */
  event(event: string, topic: string, seq: number, schema: MessageSchema | undefined, data: Uint8Array): F;
};
