// Everything that was written and is not yet stored, of all conversations; kept over a restart where there is a store.

import type { Message, SendMessageRequest } from '../../gen/json/api.ts';
import { type CallError, localError } from '../call-error.ts';
import type { Clock } from '../clock.ts';
import { requestId } from '../request-id.ts';
import { type LaneItem, OutboxLane } from './outbox-lane.ts';
import type { OutboxStore, Outgoing, StoredSend } from './outbox-store.ts';

/** Messages that wait, those that failed included. */
export const outboxMax = 500;

export type OutboxOptions = {
  readonly clock: Clock;
  readonly store: OutboxStore | undefined;
  attached(): boolean;
  send(request: SendMessageRequest): Promise<Message>;
  /** A message of this conversation came, went, or changed its state. */
  changed(conversationId: string): void;
  stored(message: Message): void;
};

export type Sending = {
  readonly clientMessageId: string;
  /** The stored message; rejects with the CallError of a refusal. May be left unwatched: the view shows it, too. */
  readonly stored: Promise<Message>;
};

type Waiter = { resolve(message: Message): void; reject(error: CallError): void };

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, OutboxLane>();
  readonly #waiters = new Map<string, Waiter>();
  #size = 0;
  /** What waited from last time goes first: nothing is sent before it was read. */
  #loaded = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    void this.#load();
  }

  /** The messages of a conversation that are not stored yet, in the order they were written. */
  pending(conversationId: string): readonly LaneItem[] {
    return this.#lanes.get(conversationId)?.items ?? [];
  }

  /** Throws OUTBOX_FULL. */
  add(conversationId: string, message: Outgoing): Sending {
    if (this.#size >= outboxMax) throw localError('OUTBOX_FULL');
    const clientMessageId = requestId();
    const send: StoredSend = { conversationId, clientMessageId, message, queuedAt: this.#options.clock.now() };
    const stored = new Promise<Message>((resolve, reject) => {
      this.#waiters.set(clientMessageId, { resolve, reject });
    });
    // The view shows a failure; an app that does not watch the promise has not forgotten an error.
    stored.catch(() => undefined);
    void this.#options.store?.put(send).catch(() => undefined);
    this.#enqueue(send);
    return { clientMessageId, stored };
  }

  retry(conversationId: string, clientMessageId: string): void {
    this.#lanes.get(conversationId)?.retry(clientMessageId);
    this.#options.changed(conversationId);
  }

  discard(conversationId: string, clientMessageId: string): void {
    const item = this.#lanes.get(conversationId)?.discard(clientMessageId);
    if (item === undefined) return;
    this.#ended(item);
    this.#settle(clientMessageId, (waiter) => waiter.reject(localError('DISCARDED')));
    this.#options.changed(conversationId);
  }

  /** A message of this user was seen in the log. */
  confirm(conversationId: string, clientMessageId: string, message: Message): void {
    this.#lanes.get(conversationId)?.confirm(clientMessageId, message);
  }

  attached(): void {
    for (const lane of this.#lanes.values()) lane.attached();
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    for (const id of [...this.#waiters.keys()])
      this.#settle(id, (waiter) => waiter.reject(localError('CLIENT_CLOSED')));
  }

  async #load(): Promise<void> {
    const kept = (await this.#options.store?.all().catch(() => [])) ?? [];
    this.#loaded = true;
    const first = [...kept].sort((one, other) => one.queuedAt - other.queuedAt).slice(0, outboxMax);
    for (const send of first) this.#enqueue(send);
    this.attached();
  }

  #enqueue(send: StoredSend): void {
    const { conversationId, clientMessageId } = send;
    let lane = this.#lanes.get(conversationId);
    if (lane === undefined) {
      lane = new OutboxLane({
        clock: this.#options.clock,
        attached: () => this.#loaded && this.#options.attached(),
        send: (request) => this.#options.send(request),
        stored: (item, message) => this.#stored(item, message),
        failed: (item, error) => {
          this.#settle(item.send.clientMessageId, (waiter) => waiter.reject(error));
          this.#options.changed(conversationId);
        },
      });
      this.#lanes.set(conversationId, lane);
    }
    if (lane.items.some((item) => item.send.clientMessageId === clientMessageId)) return;
    this.#size += 1;
    lane.add(send);
    this.#options.changed(conversationId);
  }

  #stored(item: LaneItem, message: Message): void {
    this.#ended(item);
    this.#options.stored(message);
    this.#settle(item.send.clientMessageId, (waiter) => waiter.resolve(message));
    this.#options.changed(item.send.conversationId);
  }

  #ended(item: LaneItem): void {
    this.#size -= 1;
    const { conversationId, clientMessageId } = item.send;
    if (this.pending(conversationId).length === 0) this.#lanes.delete(conversationId);
    void this.#options.store?.remove(clientMessageId).catch(() => undefined);
  }

  #settle(clientMessageId: string, tell: (waiter: Waiter) => void): void {
    const waiter = this.#waiters.get(clientMessageId);
    this.#waiters.delete(clientMessageId);
    if (waiter !== undefined) tell(waiter);
  }
}
