// What an edge says on one stream: it numbers calls, methods and sessions as they are known there, and hands on
// batches. It lives and ends with its stream.

import {
  writeCall,
  writeCancel,
  writeEndedSession,
  writeSession,
  writeTopicChange,
  writeTopicsNumber,
} from '../../link/open-request.ts';
import { Outbox } from '../../link/outbox.ts';
import { within } from '../../link/within.ts';
import { SessionNumbers, type SharedSession } from './link-sessions.ts';
import type { LinkStream } from './link-stream.ts';
import type { PendingCall } from './pending-call.ts';

const idMax = 0xffff_ffff;
/** So long a stream may take to end in order. */
const endWithinMs = 1_000;

export class LinkSpeaker {
  readonly stream: LinkStream;
  readonly #outbox: Outbox;
  readonly #sessions = new SessionNumbers();
  #methods: ReadonlyMap<string, number> = new Map();
  #lastId = 0;
  /** Calls that were written since a batch was last handed on. */
  #callsInBatch = 0;

  constructor(stream: LinkStream, onBatch: (calls: number) => void) {
    this.stream = stream;
    this.#outbox = new Outbox({
      send: (batch, sent) => {
        stream.write(batch, sent);
        if (this.#callsInBatch === 0) return;
        onBatch(this.#callsInBatch);
        this.#callsInBatch = 0;
      },
      // The service does not read.
      onOverflow: () => stream.cancel(),
    });
  }

  /** The methods by their numbers, as the service said. */
  number(methods: readonly string[]): void {
    this.#methods = new Map(methods.map((name, number) => [name, number]));
  }

  knows(method: string): boolean {
    return this.#methods.has(method);
  }

  /** Says a call, and gives it its number. Its session is presented first if it is new here. */
  call(pending: PendingCall): void {
    const { call } = pending;
    const session = call.session === undefined ? 0 : this.#numberOf(call.session as SharedSession);
    this.#lastId = this.#lastId === idMax ? 1 : this.#lastId + 1;
    pending.id = this.#lastId;
    this.#callsInBatch += 1;
    writeCall(this.#outbox.writer, {
      id: pending.id,
      method: this.#methods.get(call.method.name) ?? 0,
      session,
      timeoutMs: pending.repeated ? pending.msLeft() : (call.timeoutMs ?? 0),
      request: call.request,
      traceparent: call.traceparent ?? '',
    });
    this.#outbox.written();
  }

  cancel(id: number): void {
    writeCancel(this.#outbox.writer, id);
    this.#outbox.written();
  }

  changeTopic(topic: string, leave: boolean): void {
    writeTopicChange(this.#outbox.writer, topic, leave);
    this.#outbox.written();
  }

  askTopics(number: number): void {
    writeTopicsNumber(this.#outbox.writer, number);
    this.#outbox.written();
  }

  /** Presents a session's new token, where the session is known. */
  renewSession(session: SharedSession): void {
    const number = this.#sessions.numberOf(session);
    if (number === undefined) return;
    writeSession(this.#outbox.writer, number, session.token);
    this.#outbox.written();
  }

  endSession(session: SharedSession): void {
    const number = this.#sessions.numberOf(session);
    if (number === undefined) return;
    this.#sessions.remove(session);
    writeEndedSession(this.#outbox.writer, number);
    this.#outbox.written();
  }

  sessionOf(number: number): SharedSession | undefined {
    return this.#sessions.sessionOf(number);
  }

  /** Half-closes the stream when all has been said. */
  async finish(): Promise<void> {
    await this.#outbox.whenEmpty();
    this.stream.end();
  }

  /** Nothing more is said; what waits is dropped. */
  close(): void {
    this.#outbox.close();
  }

  /** Half-closes the stream and resolves when the service has, too; cancels it where that takes too long. */
  async end(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      for (const event of ['end', 'error']) this.stream.once(event, () => resolve());
    });
    await within(endWithinMs, this.finish());
    this.stream.end();
    if (!(await within(endWithinMs, ended))) this.stream.cancel();
    this.close();
  }

  #numberOf(session: SharedSession): number {
    const known = this.#sessions.numberOf(session);
    if (known !== undefined) return known;
    const number = this.#sessions.add(session);
    writeSession(this.#outbox.writer, number, session.token);
    return number;
  }
}
