// The head of one open log: its state, and how stored entries come into it. An entry is taken in order: folded, brought
// into the documents it concerns, published, handed to whoever waits for it; then what follows elsewhere is done, and
// the head document is written behind.

import type { KeptOpen } from './kept-open.ts';
import type { Applied, LogGround, LogKind, LogState, StoredEntry } from './log-kind.ts';
import type { Pending } from './operation.ts';
import { untilDone } from './pause.ts';
import type { Concern, StoredLog } from './stored-log.ts';

export type HeadParts<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly kind: LogKind<State, Entry, Body>;
  readonly ground: LogGround;
  readonly keptOpen: KeptOpen;
};

/** Told of each entry that leaves, in order. */
export type Left<State, Entry> = (applied: Applied<Entry>, state: State) => void;

export class LogHead<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly key: string;
  readonly #parts: HeadParts<State, Entry, Body>;
  readonly #store: StoredLog<State, Entry, Body>;
  readonly #left: Left<State, Entry>;
  #state: State | undefined;
  #openUntil = 0;
  /** The number up to which documents were written behind. */
  #written = 0;
  /** What follows elsewhere from the entries that have left, one after the other. */
  #followed: Promise<void> = Promise.resolve();
  #following = 0;

  constructor(
    key: string,
    parts: HeadParts<State, Entry, Body>,
    store: StoredLog<State, Entry, Body>,
    left: Left<State, Entry>,
  ) {
    this.key = key;
    this.#parts = parts;
    this.#store = store;
    this.#left = left;
  }

  /** Only after a load that found the log. */
  get state(): State {
    if (this.#state === undefined) throw new Error(`The log ${this.key} is not open.`);
    return this.#state;
  }

  /** The head as far as this process knows; `undefined` until it is loaded. */
  get knownSeq(): number | undefined {
    return this.#state?.seq;
  }

  /** Nothing is to be written behind or to follow. */
  get isQuiet(): boolean {
    return this.#following === 0 && (this.#state === undefined || this.#written === this.#state.seq);
  }

  /** Reads the state and takes in what stands above it. False: there is no such log. */
  async load(accountKey: string | undefined): Promise<boolean> {
    const loaded = await this.#parts.kind.load(this.key, accountKey);
    if (loaded === undefined) return false;
    this.#openUntil = loaded.openUntil;
    this.#written = loaded.state.seq;
    this.#state = loaded.state;
    this.#store.belongsTo(loaded.state.accountKey);
    await this.catchUp('majority');
    return true;
  }

  /** The same state, with rows in it that a decision will look at. `undefined` where it has them. */
  withRows(waiting: readonly Pending<State, Entry, Body>[]): Promise<void> | undefined {
    const { kind } = this.#parts;
    if (kind.withRows === undefined || !kind.lacksRows?.(this.state)) return undefined;
    const users = waiting.flatMap(({ operation }) => operation.users);
    return kind.withRows(this.state, users)?.then((state) => {
      this.#state = state;
    });
  }

  /** Sees to it that `open_until` lies far enough ahead. `undefined` where nothing must be waited for. */
  keepOpen(): Promise<void> | undefined {
    const { keptOpen, kind, ground } = this.#parts;
    if (!keptOpen.isLow(this.#openUntil)) return undefined;
    const newHead = kind.newHead?.(this.state);
    const raise = async () => {
      this.#openUntil = await keptOpen.raise(this.key, this.state.accountKey, newHead);
    };
    return untilDone(raise, ground.signal, (error) => this.#warn(error, 'open_until could not be raised'));
  }

  /** True while an acknowledgement may leave. */
  get isOpenEnough(): boolean {
    return this.#parts.keptOpen.isAhead(this.#openUntil);
  }

  /** Takes in what stands in the log above the state, whoever wrote it, and lets it leave. */
  async catchUp(concern: Concern): Promise<void> {
    for (;;) {
      const page = await this.#store.above(this.state.seq, concern);
      for (const entry of page) {
        const taken = this.take(entry);
        if (taken !== undefined) await taken;
      }
      if (page.length === 0) return;
    }
  }

  /** A stored entry, the next one, leaves: into the documents and the state, to everyone, to whoever waits for it. */
  take(entry: Entry): Promise<void> | undefined {
    const { kind } = this.#parts;
    const state = kind.fold(this.state, entry);
    const applied = kind.apply(entry, state);
    // Awaited below, unless the service ends before.
    if (applied instanceof Promise) applied.catch(() => {});
    if (applied instanceof Promise || kind.lacks?.(state)) return this.#takeSlowly(entry, state, applied);
    this.#leave(applied, state);
    return undefined;
  }

  async #takeSlowly(entry: Entry, state: State, first: Promise<Applied<Entry>> | Applied<Entry>): Promise<void> {
    const { kind, ground } = this.#parts;
    const failed = (error: unknown) => this.#warn(error, 'the documents of an entry could not be written');
    let next: Promise<Applied<Entry>> | Applied<Entry> | undefined = first;
    const apply = async () => {
      const now = next ?? kind.apply(entry, state);
      next = undefined;
      return now;
    };
    const applied = await untilDone(apply, ground.signal, failed);
    const lacking = kind.lacks?.(state) === true && kind.mend !== undefined;
    const whole = lacking ? await untilDone(async () => kind.mend!(state), ground.signal, failed) : state;
    this.#leave(applied, whole);
  }

  #leave(applied: Applied<Entry>, state: State): void {
    this.#state = state;
    this.#parts.kind.publish(applied.entry, state);
    this.#follow(applied.entry, state);
    this.#left(applied, state);
  }

  /** What must be done elsewhere before the head document may know of the entry; tried until it is done. */
  #follow(entry: Entry, state: State): void {
    const { kind, ground } = this.#parts;
    const work = kind.follow(entry, state);
    if (work === undefined) return;
    // One after the other: a user is told of coming and going in this order.
    const failed = (error: unknown) => this.#warn(error, 'what follows from an entry is not done yet');
    this.#followed = this.#followed.then(() => untilDone(work, ground.signal, failed));
    this.#following++;
    // Rejected only when the service ends: then the head document stays below, and the next to open the log does it.
    this.#followed.then(() => this.#following--).catch(() => {});
  }

  /** Writes rows and the head document behind. Whatever fails is tried again by the next call. */
  async writeBehind(): Promise<void> {
    const state = this.#state;
    if (state === undefined || state.seq === this.#written) return;
    await this.#followed;
    // A log that is kept open anyway stays so by the same write: one of its messages a minute costs no other.
    const { keptOpen, kind } = this.#parts;
    const until = keptOpen.isAhead(this.#openUntil) ? keptOpen.next() : undefined;
    const applied = await kind.writeBehind(state, until === undefined ? undefined : new Date(until));
    if (applied && until !== undefined) this.#openUntil = Math.max(this.#openUntil, until);
    this.#written = Math.max(this.#written, state.seq);
  }

  #warn(error: unknown, message: string): void {
    this.#parts.ground.log.warn({ topic: this.key, err: error }, message);
  }
}
