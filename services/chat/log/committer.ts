// Commits a log's runs: has the entries inserted and taken in by the head, and finds out what became of those that were
// not stored as they were decided. Promises that nothing is decided on a state that others' entries may stand above.

import { refuse } from '../../../mesh/errors/refuse.ts';
import { inTraces, tracesOf } from '../../../mesh/telemetry/trace.ts';
import type { Answers } from './answers.ts';
import type { Appender } from './appender.ts';
import type { InsertOutcome } from './insert-outcome.ts';
import type { LogHead } from './log-head.ts';
import type { LogGround, LogState, StoredEntry } from './log-kind.ts';
import { pauseBefore } from './pause.ts';
import type { Queue } from './queue.ts';
import type { Decided } from './run.ts';

/** Tries to find out what became of an insert, with pauses between: some ten seconds. */
const recoverTries = 12;
const storeRetryMs = 1_000;

export type CommitterParts<Entry extends StoredEntry> = {
  readonly appender: Appender<Entry>;
  readonly ground: LogGround;
};

export class Committer<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly #parts: CommitterParts<Entry>;
  readonly #head: LogHead<State, Entry, Body>;
  readonly #queue: Queue<State, Entry, Body>;
  readonly #answers: Answers<State, Entry, Body>;
  #isBehind = false;
  #isAlone = false;

  constructor(
    parts: CommitterParts<Entry>,
    head: LogHead<State, Entry, Body>,
    queue: Queue<State, Entry, Body>,
    answers: Answers<State, Entry, Body>,
  ) {
    this.#parts = parts;
    this.#head = head;
    this.#queue = queue;
    this.#answers = answers;
  }

  /** Others' entries may stand above the state: nothing is decided before they were applied. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The last insert's answer was lost: this log inserts alone until one succeeds, so that it holds up no other. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** False where an entry was not stored as it was decided: then what came first has been folded, to decide again. */
  async commit(decided: readonly Decided<State, Entry, Body>[]): Promise<boolean> {
    for (const { pending } of decided) pending.inBatch = true;
    const traces = tracesOf(decided.map(({ pending }) => pending));
    const opened = inTraces(traces, () => this.#head.keepOpen());
    // Awaited below, after the insert beside it.
    opened?.catch(() => {});
    const entries = decided.map(({ entry }) => entry);
    const outcomes = await this.#parts.appender.insert(entries, this.#isAlone, traces);
    await opened;
    while (!this.#head.isOpenEnough) await this.#head.keepOpen();
    this.#isAlone = outcomes.some(({ kind }) => kind === 'unknown');
    const failed = outcomes.findIndex(({ kind }) => kind !== 'stored');
    for (const { entry, pending } of failed === -1 ? decided : decided.slice(0, failed)) {
      const taken = inTraces(pending.traces, () => this.#head.take(entry));
      if (taken !== undefined) await taken;
    }
    if (failed === -1) return true;
    this.#isBehind = true;
    await this.#sortOut(decided.slice(failed), outcomes.slice(failed));
    return false;
  }

  /** What became of entries that were not stored as decided. Whoever is not settled by it is decided again. */
  async #sortOut(decided: readonly Decided<State, Entry, Body>[], outcomes: readonly InsertOutcome[]): Promise<void> {
    if (!(await this.recovered())) {
      for (const { pending } of decided) if (!pending.settled) this.#queue.reject(pending, storeUnavailable());
      return;
    }
    // It is the worker that does this: nobody else would apply what is found above the state.
    const catchUp = () => this.#head.catchUp('majority');
    let lost = 0;
    for (const [at, { pending }] of decided.entries()) {
      const outcome = outcomes[at]!;
      if (pending.settled || outcome.kind === 'untried') continue;
      if (outcome.kind === 'refused') this.#queue.reject(pending, outcome.error);
      else if (!(await this.#answers.settleStored(pending, catchUp))) {
        lost = Math.max(lost, this.#answers.countLoss(pending));
      }
    }
    if (lost > 0) await pauseBefore(lost, this.#parts.ground.signal);
  }

  /** Applies what stands above the state; with pauses, some seconds long. False: the store cannot be reached. */
  async recovered(): Promise<boolean> {
    for (let attempt = 1; attempt <= recoverTries; attempt++) {
      try {
        await this.#head.catchUp('local');
        this.#isBehind = false;
        return true;
      } catch (error) {
        const { log } = this.#parts.ground;
        log.warn({ topic: this.#head.key, err: error }, 'what became of an insert is not known yet');
        await pauseBefore(attempt, this.#parts.ground.signal);
      }
    }
    return false;
  }
}

export const storeUnavailable = () => refuse('STORE_UNAVAILABLE', { retryAfterMs: storeRetryMs });
