// Subprotocol `circuit.v1.json`: text frames, for browsers and for reading along.

import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { errorJson } from '../../mesh/errors/problem.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { MessageSchema } from '../../mesh/schema/api.ts';
import { bytesOf, JsonWriter } from '../../mesh/schema/json/json-writer.ts';
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

  reply(id: number, schema: MessageSchema, response: Uint8Array): Uint8Array {
    frames.reset();
    frames.text(`{"id":${id},"ok":true`);
    frames.raw(dataKey);
    schema.writeJson(response, frames);
    frames.raw(end);
    return frames.take();
  },

  failure(id: number | undefined, error: CircuitError): string {
    return `{"id":${id ?? null},"ok":false,"error":${JSON.stringify(errorJson(error))}}`;
  },

  event(event, topic, seq, schema, data): string {
    frames.reset();
    writeJsonEvent(frames, { event, seq, data }, topic === '' ? '' : JSON.stringify(topic), schema);
    return frames.toString();
  },
};

/** One for all, as one frame is written before the next. */
const frames = new JsonWriter();

/**
 * Writes an event's frame; `topic` is JSON text, empty: none. Without a schema it has no data: it only tells that the
 * position moved. Throws MALFORMED_FRAME.
 */
export function writeJsonEvent(
  out: JsonWriter,
  { event, seq, data }: Pick<TopicEvent, 'event' | 'seq' | 'data'>,
  topic: string,
  schema: MessageSchema | undefined,
): void {
  out.raw(startOf(event));
  if (topic !== '') {
    out.raw(topicKey);
    out.text(topic);
  }
  if (seq > 0) {
    out.raw(seqKey);
    out.number(seq);
  }
  if (schema !== undefined) {
    out.raw(dataKey);
    schema.writeJson(data, out);
  }
  out.raw(end);
}

const topicKey = bytesOf(',"topic":');
const seqKey = bytesOf(',"seq":');
const dataKey = bytesOf(',"data":');
const end = bytesOf('}');

function startOf(event: string): Uint8Array {
  const known = starts.get(event);
  if (known !== undefined) return known;
  const start = bytesOf(`{"event":${JSON.stringify(event)}`);
  if (starts.size < startsMax) starts.set(event, start);
  return start;
}

/** By event; there are as many as the API has, unless a service sends others. */
const starts = new Map<string, Uint8Array>();
const startsMax = 1_000;

function malformed(id: number | undefined, what: string): Malformed {
  return { id, error: refuse('MALFORMED_FRAME', { metadata: { what } }) };
}
