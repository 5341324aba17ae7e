// Everything that was written and is not yet stored, of all conversations; kept over a restart where there is a store.

import type { Message, SendMessageRequest } from '../../gen/json/api.ts';
import { type CallError, localError } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';
import { requestId } from '../request-id.ts';
import { type LaneItem, OutboxLane } from './outbox-lane.ts';
import type { OutboxStore, Outgoing, StoredSend } from './outbox-store.ts';

/** Messages that wait, those that failed included. What other pages of this user kept may come on top at the start. */
export const outboxMax = 500;
/** How long the store may take to be read; then what is in it waits for the next start. */
const readMsMax = 5_000;

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
  /** Of the newest message. */
  #order = 0;
  /** What waited from last time goes first: nothing is sent before it was read. */
  #loaded = false;
  /** Ended while the store was read, which may have seen them: not to come back. With those that wait, `outboxMax`. */
  readonly #endedEarly = new Set<string>();
  #closed = false;
  #reading: Timer | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    void this.#load();
  }

  /** The messages of a conversation that are not stored yet, in the order they were written. */
  pending(conversationId: string): readonly LaneItem[] {
    return this.#lanes.get(conversationId)?.items ?? [];
  }

  /** Throws OUTBOX_FULL, CLIENT_CLOSED. */
  add(conversationId: string, message: Outgoing): Sending {
    if (this.#closed) throw localError('CLIENT_CLOSED');
    if (this.#size + this.#endedEarly.size >= outboxMax) throw localError('OUTBOX_FULL');
    const clientMessageId = requestId();
    const send: StoredSend = {
      conversationId,
      clientMessageId,
      // A copy: an app may clear its form as soon as it was sent.
      message: JSON.parse(JSON.stringify(message)),
      queuedAt: this.#options.clock.now(),
      order: this.#nextOrder(),
    };
    const stored = new Promise<Message>((resolve, reject) => {
      this.#waiters.set(clientMessageId, { resolve, reject });
    });
    // The view shows a failure; an app that does not watch the promise has not forgotten an error.
    stored.catch(() => undefined);
    void this.#keep(send);
    this.#enqueue(send);
    return { clientMessageId, stored };
  }

  retry(conversationId: string, clientMessageId: string): void {
    const item = this.#lanes.get(conversationId)?.retry(clientMessageId);
    if (item === undefined) return;
    item.send = { ...item.send, order: this.#nextOrder(), refused: undefined };
    void this.#keep(item.send);
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
    this.#closed = true;
    this.#reading?.cancel();
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    for (const id of [...this.#waiters.keys()])
      this.#settle(id, (waiter) => waiter.reject(localError('CLIENT_CLOSED')));
  }

  /** What was kept goes in front of what was written while it was read. */
  async #load(): Promise<void> {
    const kept = await this.#read();
    if (this.#closed) return;
    const early = [...this.#lanes.values()].flatMap(({ items }) => items.map(({ send }) => send));
    const own = new Set([...early.map(({ clientMessageId }) => clientMessageId), ...this.#endedEarly]);
    this.#endedEarly.clear();
    const old = kept.filter(({ clientMessageId }) => !own.has(clientMessageId));
    this.#lanes.clear();
    this.#size = 0;
    for (const send of old.sort((one, other) => one.order - other.order)) {
      this.#order = Math.max(this.#order, send.order);
      this.#enqueue(send);
    }
    for (const send of early) {
      const behind = { ...send, order: this.#nextOrder() };
      void this.#keep(behind);
      this.#enqueue(behind);
    }
    this.#loaded = true;
    this.attached();
  }

  /** Nothing where there is no store, or none that answers. */
  #read(): Promise<readonly StoredSend[]> {
    const { store, clock } = this.#options;
    if (store === undefined) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.#reading = clock.after(readMsMax, () => resolve([]));
      const read = async () => resolve(await store.all());
      read()
        .catch(() => resolve([]))
        .finally(() => this.#reading?.cancel());
    });
  }

  /** Where that fails the message lives as long as the client: no reason not to send it. */
  async #keep(send: StoredSend): Promise<void> {
    try {
      await this.#options.store?.put(send);
    } catch {
      // A full disk or a private window, and not for the first time.
    }
  }

  /** By the clock, so that two pages with one store mix as their messages were written. */
  #nextOrder(): number {
    this.#order = Math.max(this.#order + 1, this.#options.clock.now());
    return this.#order;
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
          item.send = { ...item.send, refused: error.failure };
          void this.#keep(item.send);
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
    if (!this.#loaded) this.#endedEarly.add(clientMessageId);
    if (this.pending(conversationId).length === 0) this.#lanes.delete(conversationId);
    void this.#drop(clientMessageId);
  }

  async #drop(clientMessageId: string): Promise<void> {
    try {
      await this.#options.store?.remove(clientMessageId);
    } catch {
      // Sent again after the next start, under its old id: it is stored once all the same.
    }
  }

  #settle(clientMessageId: string, tell: (waiter: Waiter) => void): void {
    const waiter = this.#waiters.get(clientMessageId);
    this.#waiters.delete(clientMessageId);
    if (waiter !== undefined) tell(waiter);
  }
}
