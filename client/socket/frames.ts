// The frames of `circuit.v1.json`, as docs/protocol.md describes them.

import type { Failure } from '../call-error.ts';

export const subprotocol = 'circuit.v1.json';

export type ReplyFrame =
  | { readonly id: number; readonly ok: true; readonly data?: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Failure };

export type EventFrame = {
  readonly event: string;
  /** Empty for what concerns this socket only. */
  readonly topic: string;
  /** 0: it has no number. */
  readonly seq: number;
  readonly data: unknown;
};

/** Position by topic: of `ready` and `joined`. */
export type Positions = Readonly<Record<string, number>>;

export type Hello = {
  readonly session_id: string;
  readonly time: string;
  readonly heartbeat_ms: number;
  readonly limits: { readonly requests_in_flight: number; readonly resume_topics: number };
};

/** A frame of the server; undefined when it is not one that this client knows how to read. */
export function readFrame(text: unknown): ReplyFrame | EventFrame | undefined {
  if (typeof text !== 'string') return undefined;
  let frame: Record<string, unknown>;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof frame !== 'object' || frame === null) return undefined;
  if (typeof frame.ok === 'boolean' && typeof frame.id === 'number') return frame as ReplyFrame;
  if (typeof frame.event !== 'string') return undefined;
  return {
    event: frame.event,
    topic: typeof frame.topic === 'string' ? frame.topic : '',
    seq: typeof frame.seq === 'number' ? frame.seq : 0,
    data: frame.data ?? {},
  };
}

export const isReply = (frame: ReplyFrame | EventFrame): frame is ReplyFrame => 'ok' in frame;
