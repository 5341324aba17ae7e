// Tells those who wait what became of their requests: the entry that left, the first result of a repeated request, a
// refusal. No refusal leaves before the log was asked whether its request is stored.

import { refuse } from '../../../mesh/errors/refuse.ts';
import { inTraces, tracesOf } from '../../../mesh/telemetry/trace.ts';
import type { AppendMetrics } from './append-metrics.ts';
import type { LogHead } from './log-head.ts';
import type { Applied, LogGround, LogKind, LogState, StoredEntry } from './log-kind.ts';
import type { Operation, Pending, Result } from './operation.ts';
import type { Queue } from './queue.ts';
import { type RecentRequests, requestKey } from './recent-requests.ts';
import type { Ended } from './run.ts';
import type { StoredLog } from './stored-log.ts';

/** Lost races after which a request is refused with CONFLICT. */
const lostMax = 5;
const conflictRetryMs = 200;

export type AnswersParts<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly kind: LogKind<State, Entry, Body>;
  readonly ground: LogGround;
  readonly metrics: AppendMetrics;
  readonly recents: RecentRequests;
};

export class Answers<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly #parts: AnswersParts<State, Entry, Body>;
  readonly #store: StoredLog<State, Entry, Body>;
  readonly #head: LogHead<State, Entry, Body>;
  readonly #queue: Queue<State, Entry, Body>;
  /** Has the worker apply what a majority has. */
  readonly #refresh: () => Promise<void>;

  constructor(
    parts: AnswersParts<State, Entry, Body>,
    store: StoredLog<State, Entry, Body>,
    head: LogHead<State, Entry, Body>,
    queue: Queue<State, Entry, Body>,
    refresh: () => Promise<void>,
  ) {
    this.#parts = parts;
    this.#store = store;
    this.#head = head;
    this.#queue = queue;
    this.#refresh = refresh;
  }

  /** A request that is stored or on its way is not stored again; `undefined` where it is new, as far as is known. */
  known(request: string, operation: Operation<State, Body>): Promise<Result<State, Entry>> | undefined {
    const { senderKey, requestId, about } = operation;
    const same = this.#queue.inFlight(request);
    const asked = same?.operation.about ?? this.#parts.recents.aboutOf(request);
    if (asked === undefined) return undefined;
    if (asked !== about) throw refuse('REQUEST_ID_REUSED');
    if (same === undefined) return this.#stored(senderKey, requestId, about);
    same.joined = true;
    return same.result.then((result) => ({ ...result, repeated: true }));
  }

  /** An entry has left: whoever asked for it is answered. */
  left({ entry, message }: Applied<Entry>, state: State): void {
    const request = requestKey(this.#head.key, entry.sender_key, entry.request_id);
    const waiter = this.#queue.inFlight(request);
    if (waiter?.operation.fresh !== true) this.#parts.recents.add(request, entry.about);
    if (waiter === undefined) return;
    this.#parts.metrics.left((performance.now() - waiter.since) / 1_000);
    if (waiter.operation.about !== entry.about) this.#queue.reject(waiter, refuse('REQUEST_ID_REUSED'));
    else this.#queue.resolve(waiter, { entry, repeated: waiter.id !== entry._id, message, state });
  }

  /** True where the request stands in the log already. `refresh` applies what stands above the state. */
  async settleStored(pending: Pending<State, Entry, Body>, refresh: () => Promise<void>): Promise<boolean> {
    const { senderKey, requestId, about } = pending.operation;
    try {
      const found = await this.#store.ofRequest(senderKey, requestId);
      if (found === undefined) return false;
      if (found.seq > this.#head.state.seq) await refresh();
      if (!pending.settled) this.#queue.resolve(pending, await this.#repeat(found, about));
    } catch (error) {
      this.#queue.reject(pending, error);
    }
    return true;
  }

  /** How many races this request has lost; after too many it is refused. */
  countLoss(pending: Pending<State, Entry, Body>): number {
    pending.lost++;
    if (pending.lost > lostMax) {
      const retryAfterMs = Math.ceil(conflictRetryMs * (1 + Math.random()));
      this.#queue.reject(pending, refuse('CONFLICT', { retryAfterMs }));
    }
    return pending.lost;
  }

  /**
   * Refusals, and requests for which there is nothing to do: they hold only if nothing came before them that this
   * process had not seen, and only if the request was not stored before. False: they are to be decided again.
   */
  async endWithout(ended: readonly Ended<State, Entry, Body>[]): Promise<boolean> {
    if (ended.some(({ pending }) => pending.operation.fresh !== true && pending.lost < lostMax)) {
      const decidedAt = this.#head.state.seq;
      const traces = tracesOf(ended.map(({ pending }) => pending));
      try {
        await inTraces(traces, () => this.#head.catchUp('majority'));
      } catch (error) {
        for (const { pending } of ended) this.#queue.reject(pending, error);
        return true;
      }
      if (this.#head.state.seq !== decidedAt) {
        for (const { pending } of ended) pending.lost++;
        return false;
      }
    }
    for (const { pending, error } of ended) void inTraces(pending.traces, () => this.#endOne(pending, error));
    return true;
  }

  async #endOne(pending: Pending<State, Entry, Body>, error: unknown): Promise<void> {
    if (pending.operation.fresh !== true && (await this.settleStored(pending, this.#refresh))) return;
    if (pending.settled) return;
    if (error !== undefined) this.#queue.reject(pending, error);
    else {
      const { state } = this.#head;
      this.#queue.resolve(pending, { entry: undefined, repeated: false, message: undefined, state });
    }
  }

  async #stored(senderKey: string, requestId: string, about: string): Promise<Result<State, Entry>> {
    const found = await this.#store.ofRequest(senderKey, requestId);
    if (found !== undefined) return this.#repeat(found, about);
    // It was stored and has left; compaction has removed it since.
    return { entry: undefined, repeated: true, message: undefined, state: this.#head.state };
  }

  /** The first result again; published again, too, in case that got lost. */
  async #repeat(stored: Entry, about: string): Promise<Result<State, Entry>> {
    if (stored.about !== about) throw refuse('REQUEST_ID_REUSED');
    const { entry, message } = await this.#parts.kind.current(stored);
    const { state } = this.#head;
    this.#parts.kind.publish(entry, state);
    return { entry, repeated: true, message, state };
  }
}
