// The unsent messages of one conversation, in order. Several are on their way at once, each naming the one before it;
// when one is lost, everything from the first unacknowledged is sent again under the same ids.

import type { Message, SendMessageRequest } from '../../gen/json/api.ts';
import { CallError, isTransient, localError } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';
import { retryDelayMs } from '../connection/back-off.ts';
import type { StoredSend } from './outbox-store.ts';

/** Messages of one conversation on their way at once. */
const windowMax = 8;
/** The server forgets no message id before 30 days: an older message could come twice. */
const ageMsMax = 30 * 24 * 3_600_000;
/** INTERNAL answers to one message before it counts as refused. */
const faultsMax = 4;

export type LaneItem = {
  send: StoredSend;
  state: 'waiting' | 'on-its-way' | 'failed';
  error: CallError | undefined;
  faults: number;
};

export type LaneOptions = {
  readonly clock: Clock;
  /** Whether a call would reach the server now. */
  attached(): boolean;
  send(request: SendMessageRequest): Promise<Message>;
  stored(item: LaneItem, message: Message): void;
  failed(item: LaneItem, error: CallError): void;
};

export class OutboxLane {
  readonly #options: LaneOptions;
  #items: LaneItem[] = [];
  #onTheirWay = 0;
  /** Nothing new is sent until all that is on its way has ended: then again from the first. */
  #rewinding = false;
  #pause: Timer | undefined;
  #attempts = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Waiting, on their way and failed ones, in the order they were written. */
  get items(): readonly LaneItem[] {
    return this.#items;
  }

  add(send: StoredSend): void {
    const { refused } = send;
    const error = refused && new CallError(refused);
    this.#items.push({ send, state: error === undefined ? 'waiting' : 'failed', error, faults: 0 });
    this.pump();
  }

  /** A failed message tries again, behind those that wait; undefined when there is none such. */
  retry(clientMessageId: string): LaneItem | undefined {
    const item = this.#find(clientMessageId);
    if (item?.state !== 'failed') return undefined;
    this.#items = [...this.#items.filter((other) => other !== item), item];
    item.state = 'waiting';
    item.error = undefined;
    item.faults = 0;
    this.pump();
    return item;
  }

  /** Takes a message out that is not on its way; undefined when there is none such. */
  discard(clientMessageId: string): LaneItem | undefined {
    const item = this.#find(clientMessageId);
    if (item === undefined || item.state === 'on-its-way') return undefined;
    this.#remove(item);
    return item;
  }

  /** Its event came before its answer, or instead of it. */
  confirm(clientMessageId: string, message: Message): void {
    const item = this.#find(clientMessageId);
    if (item !== undefined) this.#stored(item, message);
  }

  /** There is a connection again: no reason to wait any longer. */
  attached(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.pump();
  }

  close(): void {
    this.#pause?.cancel();
    this.#items = [];
  }

  pump(): void {
    if (this.#rewinding || this.#pause !== undefined || !this.#options.attached()) return;
    let previous: LaneItem | undefined;
    for (const item of [...this.#items]) {
      if (item.state === 'failed') continue;
      if (item.state === 'waiting') {
        if (this.#onTheirWay >= windowMax) return;
        if (this.#tooOld(item)) this.#failed(item, localError('MESSAGE_TOO_OLD'));
        else void this.#send(item, previous);
      }
      if (item.state === 'on-its-way') previous = item;
    }
  }

  async #send(item: LaneItem, previous: LaneItem | undefined): Promise<void> {
    const { conversationId, clientMessageId, message } = item.send;
    item.state = 'on-its-way';
    this.#onTheirWay += 1;
    try {
      const stored = await this.#options.send({
        ...message,
        conversation_id: conversationId,
        client_message_id: clientMessageId,
        ...(previous === undefined ? {} : { after: previous.send.clientMessageId }),
      });
      this.#onTheirWay -= 1;
      this.#stored(item, stored);
    } catch (error) {
      this.#onTheirWay -= 1;
      this.#refused(item, error instanceof CallError ? error : localError('CONNECTION_LOST'));
    }
    this.#rewound();
    this.pump();
  }

  #refused(item: LaneItem, error: CallError): void {
    // It was confirmed by its event, or the lane was closed.
    if (!this.#items.includes(item)) return;
    item.state = 'waiting';
    if (error.code === 'INTERNAL') item.faults += 1;
    const again =
      isTransient(error) ||
      error.reason === 'PREDECESSOR_FAILED' ||
      error.code === 'UNAUTHENTICATED' ||
      error.reason === 'CLIENT_CLOSED' ||
      (error.code === 'INTERNAL' && item.faults < faultsMax);
    if (!again) {
      this.#failed(item, error);
      return;
    }
    this.#rewinding = true;
    // A refused predecessor needs no wait: the next attempt does not name it any more.
    const passes = error.reason === 'PREDECESSOR_FAILED' || error.reason === 'CONNECTION_LOST';
    if (!passes) this.#waitFor(error.retryAfterMs);
  }

  /** All that was on its way fails at once: that is one attempt, and one pause. */
  #waitFor(retryAfterMs: number): void {
    if (this.#pause !== undefined) return;
    const delayMs = retryDelayMs(this.#attempts, retryAfterMs, this.#options.clock);
    this.#attempts += 1;
    this.#pause = this.#options.clock.after(delayMs, () => {
      this.#pause = undefined;
      this.pump();
    });
  }

  #rewound(): void {
    if (this.#onTheirWay > 0) return;
    this.#rewinding = false;
  }

  #stored(item: LaneItem, message: Message): void {
    if (!this.#items.includes(item)) return;
    this.#attempts = 0;
    this.#remove(item);
    this.#options.stored(item, message);
  }

  #failed(item: LaneItem, error: CallError): void {
    item.state = 'failed';
    item.error = error;
    this.#options.failed(item, error);
  }

  #tooOld(item: LaneItem): boolean {
    return this.#options.clock.now() - item.send.queuedAt > ageMsMax;
  }

  #find(clientMessageId: string): LaneItem | undefined {
    return this.#items.find(({ send }) => send.clientMessageId === clientMessageId);
  }

  #remove(item: LaneItem): void {
    this.#items = this.#items.filter((other) => other !== item);
  }
}
