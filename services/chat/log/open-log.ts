// One log that is open in this process: its state at the head, and the queue of what is to be appended to it.
// One worker does one thing at a time: it decides a run of entries, has them inserted, brings the documents up to them,
// publishes and answers. Two processes may have the same log open: the unique indexes decide between them.

import { refuse } from '../../../mesh/errors/refuse.ts';
import { inTraces, type Trace, tracesAround, tracesOf } from '../../../mesh/telemetry/trace.ts';
import type { AppendMetrics } from './append-metrics.ts';
import { type Appender, appenderLimits } from './appender.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { InsertOutcome } from './insert-outcome.ts';
import type { KeptOpen } from './kept-open.ts';
import { LogHead } from './log-head.ts';
import type { Applied, LogGround, LogKind, LogState, StoredEntry } from './log-kind.ts';
import { type Operation, Pending, type Place, type Result } from './operation.ts';
import { pauseBefore } from './pause.ts';
import { Queue } from './queue.ts';
import { type RecentRequests, requestKey } from './recent-requests.ts';
import { type Decided, decideRun, type Ended } from './run.ts';
import { StoredLog } from './stored-log.ts';

export const openLogLimits = {
  /** Lost races after which a request is refused with CONFLICT. */
  lostMax: 5,
  /** Tries to find out what became of an insert, with pauses between: some ten seconds. */
  recoverTries: 12,
  conflictRetryMs: 200,
  storeRetryMs: 1_000,
} as const;

export type LogParts<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly kind: LogKind<State, Entry, Body>;
  readonly ground: LogGround;
  readonly appender: Appender<Entry>;
  readonly metrics: AppendMetrics;
  readonly recents: RecentRequests<Entry>;
  readonly keptOpen: KeptOpen;
  /** Told when entries have left that the head document does not know yet. */
  readonly ahead: (log: OpenLog<State, Entry, Body>) => void;
};

export class OpenLog<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly key: string;
  /** False: there is no such log. Rejects when the store could not be asked. */
  readonly opened: Promise<boolean>;
  readonly #parts: LogParts<State, Entry, Body>;
  readonly #store: StoredLog<State, Entry, Body>;
  readonly #queue = new Queue<State, Entry, Body>();
  readonly #head: LogHead<State, Entry, Body>;
  #isOpen = false;
  /** Until it is open, nothing is worked at. */
  #working = true;
  /** Others' entries may stand above the state: nothing is decided before they were applied. */
  #behind = false;
  /** The last insert's answer was lost: this log inserts alone until one succeeds, so that it holds up no other. */
  #alone = false;
  #refresh: (Deferred<void> & { readonly traces: readonly Trace[] }) | undefined;
  #ended: { readonly error: unknown } | undefined;

  constructor(key: string, accountKey: string | undefined, parts: LogParts<State, Entry, Body>) {
    this.key = key;
    this.#parts = parts;
    this.#store = new StoredLog(parts.kind, key, parts.ground.signal);
    this.#head = new LogHead(key, parts, this.#store, (applied, state) => this.#left(applied, state));
    this.opened = this.#open(accountKey);
    // Whoever waits is told; nobody may be waiting.
    this.opened.catch(() => {});
  }

  /** At the head, as far as this process knows. Only after `opened` was true. */
  get state(): State {
    return this.#head.state;
  }

  /** The head as far as this process knows; `undefined` until it is open. */
  get knownSeq(): number | undefined {
    return this.#head.knownSeq;
  }

  /** True once `opened` has answered true, and until it can be used no more. */
  get isOpen(): boolean {
    return this.#isOpen && this.#ended === undefined;
  }

  /** Nothing waits, runs, or is to be written behind. */
  get isQuiet(): boolean {
    return !this.#working && this.#queue.isEmpty && this.#refresh === undefined && this.#head.isQuiet;
  }

  /** True when it can be used no more: it was closed, or the log is broken. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Takes a place in the queue, at once. Throws OVERLOADED. */
  enter(): Place<State, Entry, Body> {
    this.#throwIfOver();
    return this.#queue.enter();
  }

  /** Gives a place back that was not filled. */
  leave(place: Place<State, Entry, Body>): void {
    if (place.pending !== undefined || place.gone) return;
    place.gone = true;
    this.#kick();
  }

  /** Fills a place; resolves when the entry has left. Errors: see `OpenConversation.append`. */
  submit(
    place: Place<State, Entry, Body>,
    operation: Operation<State, Body>,
    id: string,
  ): Promise<Result<State, Entry>> {
    try {
      return this.#known(operation) ?? this.#wait(place, operation, id);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.leave(place);
    }
  }

  /** A request that is stored or on its way is not stored again. */
  #known(operation: Operation<State, Body>): Promise<Result<State, Entry>> | undefined {
    const request = requestKey(operation.senderKey, operation.requestId);
    const stored = this.#parts.recents.get(this.key, request);
    if (stored !== undefined) return this.#repeat(stored, operation.about);
    const same = this.#queue.inFlight(request);
    if (same === undefined) return undefined;
    if (same.operation.about !== operation.about) throw refuse('REQUEST_ID_REUSED');
    same.joined = true;
    return same.result.then((result) => ({ ...result, repeated: true }));
  }

  #wait(
    place: Place<State, Entry, Body>,
    operation: Operation<State, Body>,
    id: string,
  ): Promise<Result<State, Entry>> {
    this.#throwIfOver();
    operation.signal.throwIfAborted();
    if (place.gone) throw refuse('CANCELLED');
    const pending = new Pending<State, Entry, Body>(operation, id);
    this.#queue.fill(place, pending, () => this.#kick());
    this.#kick();
    return pending.result;
  }

  /** Resolves when every entry that a majority had at this moment is in the state and in the documents. */
  refresh(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    this.#refresh ??= { ...deferred<void>(), traces: tracesAround() };
    const { promise } = this.#refresh;
    promise.catch(() => {});
    this.#kick();
    return promise;
  }

  /** Writes rows and the head document behind. Whatever fails is tried again by the next call. */
  writeBehind(): Promise<void> {
    return this.#head.writeBehind();
  }

  /** Ends it: what waits is refused with `error`, what is in a batch is finished by whoever opens the log next. */
  end(error: unknown): void {
    this.#ended ??= { error };
    this.#queue.rejectAll(error);
    this.#refresh?.reject(error);
    this.#refresh = undefined;
  }

  async #open(accountKey: string | undefined): Promise<boolean> {
    try {
      if (!(await this.#head.load(accountKey))) {
        this.end(refuse('NOT_FOUND'));
        return false;
      }
      this.#isOpen = true;
      this.#working = false;
      this.#kick();
      return true;
    } catch (error) {
      this.end(error);
      throw error;
    }
  }

  #kick(): void {
    if (this.#working || this.#ended !== undefined) return;
    this.#working = true;
    void inTraces([], () => this.#work());
  }

  async #work(): Promise<void> {
    try {
      while (this.#ended === undefined) {
        const refresh = this.#refresh;
        if (refresh !== undefined) {
          this.#refresh = undefined;
          const caughtUp = inTraces(refresh.traces, () => this.#head.catchUp('majority'));
          await caughtUp.then(refresh.resolve, refresh.reject);
        }
        const waiting = this.#queue.front(appenderLimits.runMax);
        if (waiting.length > 0) await this.#step(waiting);
        else if (this.#refresh === undefined) break;
      }
    } catch (error) {
      const { log, signal } = this.#parts.ground;
      if (!signal.aborted) log.error({ topic: this.key, err: error }, 'a log is given up here and opened anew');
      this.end(error);
    } finally {
      this.#working = false;
    }
  }

  async #step(front: readonly Pending<State, Entry, Body>[]): Promise<void> {
    const { kind, recents, appender } = this.#parts;
    if (this.#behind && !(await this.#recovered())) {
      for (const pending of front) this.#queue.reject(pending, storeUnavailable());
      return;
    }
    const waiting = this.#alone || appender.prefersRun(front.length) ? front : front.slice(0, 1);
    const preparing = this.#prepare(waiting);
    if (preparing !== undefined) await preparing;
    const isStored = (request: string) => recents.get(this.key, request) !== undefined;
    const run = decideRun(kind, this.key, this.state, waiting, isStored);
    if (run.taken > 0) this.#queue.dropThrough(waiting[run.taken - 1]!);
    if (run.decided.length > 0 && !(await this.#commit(run.decided))) {
      await this.#again(waiting.slice(0, run.taken));
    } else if (run.ended.length > 0) {
      await this.#endWithout(run.ended);
    }
  }

  /** Finds what the decisions need to look at. Nothing is waited for where they need nothing, as most sends. */
  #prepare(waiting: readonly Pending<State, Entry, Body>[]): Promise<unknown> | undefined {
    const { recents } = this.#parts;
    const withRows = this.#head.withRows(waiting);
    if (withRows === undefined && !waiting.some(({ needsLooking }) => needsLooking)) return undefined;
    const ahead = new Set<string>();
    const works: (Promise<void> | undefined)[] = [withRows];
    for (const pending of waiting) {
      const { after, senderKey, read } = pending.operation;
      const predecessor = requestKey(senderKey, after);
      pending.forgetLooks();
      if (after !== '' && !ahead.has(predecessor) && recents.get(this.key, predecessor) === undefined) {
        works.push(pending.lookForPredecessor((sender, request) => this.#store.ofRequest(sender, request)));
      }
      if (read !== undefined) works.push(pending.read());
      ahead.add(pending.key);
    }
    return Promise.all(works);
  }

  /** False where an entry was not stored as it was decided: then what came first has been folded, to decide again. */
  async #commit(decided: readonly Decided<State, Entry, Body>[]): Promise<boolean> {
    for (const { pending } of decided) pending.inBatch = true;
    const traces = tracesOf(decided.map(({ pending }) => pending));
    const opened = inTraces(traces, () => this.#head.keepOpen());
    // Awaited below, after the insert beside it.
    opened?.catch(() => {});
    const entries = decided.map(({ entry }) => entry);
    const outcomes = await this.#parts.appender.insert(entries, this.#alone, traces);
    await opened;
    while (!this.#head.isOpenEnough) await this.#head.keepOpen();
    this.#alone = outcomes.some(({ kind }) => kind === 'unknown');
    const failed = outcomes.findIndex(({ kind }) => kind !== 'stored');
    for (const { entry, pending } of failed === -1 ? decided : decided.slice(0, failed)) {
      const taken = inTraces(pending.traces, () => this.#head.take(entry));
      if (taken !== undefined) await taken;
    }
    if (failed === -1) return true;
    this.#behind = true;
    await this.#sortOut(decided.slice(failed), outcomes.slice(failed));
    return false;
  }

  /** What became of entries that were not stored as decided. Whoever is not settled by it is decided again. */
  async #sortOut(decided: readonly Decided<State, Entry, Body>[], outcomes: readonly InsertOutcome[]): Promise<void> {
    if (!(await this.#recovered())) {
      for (const { pending } of decided) if (!pending.settled) this.#queue.reject(pending, storeUnavailable());
      return;
    }
    let lost = 0;
    for (const [at, { pending }] of decided.entries()) {
      const outcome = outcomes[at]!;
      if (pending.settled || outcome.kind === 'untried') continue;
      if (outcome.kind === 'refused') this.#queue.reject(pending, outcome.error);
      else if (!(await this.#settleStored(pending))) lost = Math.max(lost, this.#countLoss(pending));
    }
    if (lost > 0) await pauseBefore(lost, this.#parts.ground.signal);
  }

  /** Applies what stands above the state; with pauses, some seconds long. False: the store cannot be reached. */
  async #recovered(): Promise<boolean> {
    for (let attempt = 1; attempt <= openLogLimits.recoverTries; attempt++) {
      try {
        await this.#head.catchUp('local');
        this.#behind = false;
        return true;
      } catch (error) {
        this.#warn(error, 'what became of an insert is not known yet');
        await pauseBefore(attempt, this.#parts.ground.signal);
      }
    }
    return false;
  }

  /** True where the request stands in the log already. The worker catches up by itself: it is who would refresh. */
  async #settleStored(pending: Pending<State, Entry, Body>, refresh = () => this.#head.catchUp('majority')) {
    const { senderKey, requestId, about } = pending.operation;
    try {
      const found = await this.#store.ofRequest(senderKey, requestId);
      if (found === undefined) return false;
      if (found.seq > this.state.seq) await refresh();
      if (!pending.settled) this.#queue.resolve(pending, await this.#repeat(found, about));
    } catch (error) {
      this.#queue.reject(pending, error);
    }
    return true;
  }

  #countLoss(pending: Pending<State, Entry, Body>): number {
    pending.lost++;
    if (pending.lost > openLogLimits.lostMax) {
      const retryAfterMs = Math.ceil(openLogLimits.conflictRetryMs * (1 + Math.random()));
      this.#queue.reject(pending, refuse('CONFLICT', { retryAfterMs }));
    }
    return pending.lost;
  }

  /** To the front of the queue. */
  async #again(pendings: readonly Pending<State, Entry, Body>[]): Promise<void> {
    const unsettled = pendings.filter(({ settled }) => !settled);
    this.#parts.metrics.redecided(unsettled.length);
    await Promise.all(unsettled.map((pending) => pending.takeAnotherId(this.#parts.ground.nextId)));
    this.#queue.putBack(unsettled);
  }

  /**
   * Refusals, and requests for which there is nothing to do: they hold only if nothing came before them that this
   * process had not seen, and only if the request was not stored before.
   */
  async #endWithout(ended: readonly Ended<State, Entry, Body>[]): Promise<void> {
    if (ended.some(({ pending }) => pending.operation.fresh !== true && pending.lost < openLogLimits.lostMax)) {
      const decidedAt = this.state.seq;
      const traces = tracesOf(ended.map(({ pending }) => pending));
      try {
        await inTraces(traces, () => this.#head.catchUp('majority'));
      } catch (error) {
        for (const { pending } of ended) this.#queue.reject(pending, error);
        return;
      }
      if (this.state.seq !== decidedAt) {
        for (const { pending } of ended) pending.lost++;
        await this.#again(ended.map(({ pending }) => pending));
        return;
      }
    }
    for (const { pending, error } of ended) void inTraces(pending.traces, () => this.#endOne(pending, error));
  }

  async #endOne(pending: Pending<State, Entry, Body>, error: unknown): Promise<void> {
    if (pending.operation.fresh !== true && (await this.#settleStored(pending, () => this.refresh()))) return;
    if (pending.settled) return;
    if (error !== undefined) this.#queue.reject(pending, error);
    else {
      this.#queue.resolve(pending, { entry: undefined, repeated: false, message: undefined, state: this.state });
    }
  }

  /** An entry has left: whoever asked for it is answered. */
  #left({ entry, message }: Applied<Entry>, state: State): void {
    const request = requestKey(entry.sender_key, entry.request_id);
    this.#parts.recents.add(this.key, request, entry);
    this.#parts.ahead(this);
    const waiter = this.#queue.inFlight(request);
    if (waiter === undefined) return;
    this.#parts.metrics.left((performance.now() - waiter.since) / 1_000);
    if (waiter.operation.about !== entry.about) this.#queue.reject(waiter, refuse('REQUEST_ID_REUSED'));
    else this.#queue.resolve(waiter, { entry, repeated: waiter.id !== entry._id, message, state });
  }

  /** The first result again; published again, too, in case that got lost. */
  async #repeat(stored: Entry, about: string): Promise<Result<State, Entry>> {
    if (stored.about !== about) throw refuse('REQUEST_ID_REUSED');
    const { entry, message } = await this.#parts.kind.current(stored);
    this.#parts.kind.publish(entry, this.state);
    return { entry, repeated: true, message, state: this.state };
  }

  #throwIfOver(): void {
    if (this.#ended !== undefined) throw this.#ended.error;
  }

  #warn(error: unknown, message: string): void {
    this.#parts.ground.log.warn({ topic: this.key, err: error }, message);
  }
}

const storeUnavailable = () => refuse('STORE_UNAVAILABLE', { retryAfterMs: openLogLimits.storeRetryMs });
