// One log that is open in this process: its state at the head, and the queue of what is to be appended to it.
// One worker does one thing at a time: it decides a run of entries, has them inserted, brings the documents up to them,
// publishes and answers. Two processes may have the same log open: the unique indexes decide between them.

import { refuse } from '../../../mesh/errors/refuse.ts';
import { inTraces, type Trace, tracesAround } from '../../../mesh/telemetry/trace.ts';
import { Answers, type AnswersParts } from './answers.ts';
import { type Appender, appenderLimits } from './appender.ts';
import { Committer, storeUnavailable } from './committer.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { KeptOpen } from './kept-open.ts';
import { LogHead } from './log-head.ts';
import type { Applied, LogState, StoredEntry } from './log-kind.ts';
import { type Operation, Pending, type Place, type Result } from './operation.ts';
import { Queue } from './queue.ts';
import { requestKey } from './recent-requests.ts';
import { decideRun } from './run.ts';
import { StoredLog } from './stored-log.ts';

export type LogParts<State extends LogState, Entry extends StoredEntry, Body extends object> = AnswersParts<
  State,
  Entry,
  Body
> & {
  readonly appender: Appender<Entry>;
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
  readonly #answers: Answers<State, Entry, Body>;
  readonly #committer: Committer<State, Entry, Body>;
  #isOpen = false;
  /** Until it is open, nothing is worked at. */
  #working = true;
  #refresh: (Deferred<void> & { readonly traces: readonly Trace[] }) | undefined;
  #ended: { readonly error: unknown } | undefined;

  constructor(key: string, accountKey: string | undefined, parts: LogParts<State, Entry, Body>) {
    this.key = key;
    this.#parts = parts;
    this.#store = new StoredLog(parts.kind, key, parts.ground.signal);
    this.#head = new LogHead(key, parts, this.#store, (applied, state) => this.#left(applied, state));
    this.#answers = new Answers(parts, this.#store, this.#head, this.#queue, () => this.refresh());
    this.#committer = new Committer(parts, this.#head, this.#queue, this.#answers);
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
    if (this.#ended !== undefined) throw this.#ended.error;
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
      const request = requestKey(this.key, operation.senderKey, operation.requestId);
      return this.#answers.known(request, operation) ?? this.#wait(place, operation, request, id);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.leave(place);
    }
  }

  #wait(
    place: Place<State, Entry, Body>,
    operation: Operation<State, Body>,
    request: string,
    id: string,
  ): Promise<Result<State, Entry>> {
    if (this.#ended !== undefined) throw this.#ended.error;
    operation.signal.throwIfAborted();
    if (place.gone) throw refuse('CANCELLED');
    const pending = new Pending<State, Entry, Body>(operation, request, id);
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
    const committer = this.#committer;
    if (committer.isBehind && !(await committer.recovered())) {
      for (const pending of front) this.#queue.reject(pending, storeUnavailable());
      return;
    }
    const waiting = committer.isAlone || appender.prefersRun(front.length) ? front : front.slice(0, 1);
    const preparing = this.#prepare(waiting);
    if (preparing !== undefined) await preparing;
    const run = decideRun(kind, this.key, this.state, waiting, recents);
    if (run.taken > 0) this.#queue.dropThrough(waiting[run.taken - 1]!);
    if (run.decided.length > 0 && !(await committer.commit(run.decided))) {
      await this.#again(waiting.slice(0, run.taken));
    } else if (run.ended.length > 0 && !(await this.#answers.endWithout(run.ended))) {
      await this.#again(run.ended.map(({ pending }) => pending));
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
      const predecessor = requestKey(this.key, senderKey, after);
      pending.forgetLooks();
      if (after !== '' && !ahead.has(predecessor) && !recents.has(predecessor)) {
        works.push(pending.lookForPredecessor((sender, request) => this.#store.ofRequest(sender, request)));
      }
      if (read !== undefined) works.push(pending.read());
      ahead.add(pending.key);
    }
    return Promise.all(works);
  }

  #left(applied: Applied<Entry>, state: State): void {
    this.#parts.ahead(this);
    this.#answers.left(applied, state);
  }

  /** To the front of the queue. */
  async #again(pendings: readonly Pending<State, Entry, Body>[]): Promise<void> {
    const unsettled = pendings.filter(({ settled }) => !settled);
    this.#parts.metrics.redecided(unsettled.length);
    await Promise.all(unsettled.map((pending) => pending.takeAnotherId(this.#parts.ground.nextId)));
    this.#queue.putBack(unsettled);
  }
}
