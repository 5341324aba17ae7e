// Subprotocol `circuit.v1.json`: text frames, for browsers and for reading along.

import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { errorJson } from '../../mesh/errors/problem.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { MessageSchema } from '../../mesh/schema/api.ts';
import { type ClientRequest, type Format, isRequestId, type Malformed } from './format.ts';

export const jsonFormat: Format<string> = {
  name: 'json',
  subprotocol: 'circuit.v1.json',
  binary: false,
  mark: 'j',

  read(frame: ArrayBuffer, isBinary: boolean): ClientRequest | Malformed {
    if (isBinary) return malformed(undefined, 'this subprotocol has text frames');
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(frame).toString());
    } catch {
      return malformed(undefined, 'not JSON');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed(undefined, 'no object');
    const { id, event, data } = value as Record<string, unknown>;
    if (!isRequestId(id)) return malformed(undefined, '`id` is no integer from 1 to 2^53 - 1');
    if (typeof event !== 'string') return malformed(id, '`event` is no text');
    return { id, event, data: data ?? {} };
  },

  encode(schema: MessageSchema, data: unknown): Uint8Array {
    return schema.encodeJson(data);
  },

  reply(id: number, schema: MessageSchema, response: Uint8Array): string {
    return `{"id":${id},"ok":true,"data":${schema.decodeJson(response)}}`;
  },

  failure(id: number | undefined, error: CircuitError): string {
    return `{"id":${id ?? null},"ok":false,"error":${JSON.stringify(errorJson(error))}}`;
  },

  event(event, topic, seq, schema, data): string {
    const start = `{"event":${JSON.stringify(event)}`;
    const at = topic === '' ? '' : `,"topic":${JSON.stringify(topic)}`;
    const numbered = seq > 0 ? `,"seq":${seq}` : '';
    return `${start}${at}${numbered}${schema === undefined ? '' : `,"data":${schema.decodeJson(data)}`}}`;
  },
};

/** What stands before the data of an event's frame; a closing brace comes after the data. */
export function jsonEventHead(topic: { readonly jsonText: string }, event: { event: string; seq: number }): string {
  let start = starts.get(event.event);
  if (start === undefined) {
    start = `{"event":${JSON.stringify(event.event)},"topic":`;
    if (starts.size < startsMax) starts.set(event.event, start);
  }
  return event.seq > 0 ? `${start}${topic.jsonText},"seq":${event.seq},"data":` : `${start}${topic.jsonText},"data":`;
}

/** By event; there are as many as the API has, unless a service sends others. */
const starts = new Map<string, string>();
const startsMax = 1_000;

function malformed(id: number | undefined, what: string): Malformed {
  return { id, error: refuse('MALFORMED_FRAME', { metadata: { what } }) };
}
