// One request on its way through a log's queue: what it asks for, where it stands, and who waits for its result.

import { SpanKind } from '@opentelemetry/api';
import type { Abortable } from '../../../mesh/service/context.ts';
import { inTraces, type OpenSpan, openPart, type Trace } from '../../../mesh/telemetry/trace.ts';
import { deferred } from './deferred.ts';
import type { LogState, StoredEntry } from './log-kind.ts';

export type Nothing = { readonly nothing: true };

export type Operation<State, Body> = {
  readonly senderKey: string;
  readonly requestId: string;
  /** A digest: see about.ts. */
  readonly about: string;
  readonly after: string;
  /** The request id was made this moment: nothing with it can be in the log. */
  readonly fresh?: boolean;
  /** Users whose rows the decision looks at. */
  readonly users: readonly string[];
  /** Adds to `names` what it reads. */
  readonly read: ((names: Set<string>) => Promise<unknown>) | undefined;
  readonly decide: (state: State, read: unknown) => Body | Nothing;
  /** The time of the request, in milliseconds since 1970. */
  readonly now: number;
  /** Ends the wait for a place in a batch; no longer heard once it is in one. */
  readonly signal: Abortable;
};

export type Result<State, Entry> = {
  readonly entry: Entry | undefined;
  readonly repeated: boolean;
  readonly message: Entry | undefined;
  readonly state: State;
};

const noNames: ReadonlySet<string> = new Set();
const noTraces: readonly Trace[] = [];
const appendPart = () => ({ name: 'append', kind: SpanKind.INTERNAL, attributes: {} });

export class Pending<State extends LogState, Entry extends StoredEntry, Body extends object> {
  readonly operation: Operation<State, Body>;
  /** See `requestKey`. */
  readonly key: string;
  readonly result: Promise<Result<State, Entry>>;
  /** The entry's id; another one for each try. */
  id: string;
  /** When it took its place, by the process's own clock. */
  readonly since = performance.now();
  /** Races lost. */
  lost = 0;
  /** Others with the same request wait for this one: it is not given up when its own caller is gone. */
  joined = false;
  settled = false;
  inBatch = false;
  /** Set by the preparation of a decision. */
  found: unknown;
  foundNames: ReadonlySet<string> = noNames;
  readFailure: { readonly error: unknown } | undefined;
  predecessorStored: boolean | undefined;
  /** From its place to its result, where the request is traced. */
  readonly #span: OpenSpan | undefined;
  readonly #settling = deferred<Result<State, Entry>>();
  #stopListening: (() => void) | undefined;

  constructor(operation: Operation<State, Body>, key: string, id: string) {
    this.operation = operation;
    this.key = key;
    this.id = id;
    this.result = this.#settling.promise;
    this.#span = openPart(appendPart);
  }

  /** What is done for this request, beside others, is done in these; nearly always none. */
  get traces(): readonly Trace[] {
    return this.#span?.traces ?? noTraces;
  }

  /** Something must be asked of the store before it can be decided. */
  get needsLooking(): boolean {
    return this.operation.after !== '' || this.operation.read !== undefined;
  }

  /** Before it is decided anew: an entry with the old one may be in the store. */
  async takeAnotherId(nextId: () => Promise<string>): Promise<void> {
    this.id = await nextId();
  }

  /** Before it is decided anew. */
  forgetLooks(): void {
    this.foundNames = noNames;
    this.readFailure = undefined;
    this.predecessorStored = undefined;
  }

  /** Reads what the decision needs; what goes wrong is told when it is decided. */
  async read(): Promise<void> {
    const names = new Set<string>();
    this.foundNames = names;
    try {
      this.found = await inTraces(this.traces, async () => this.operation.read?.(names));
    } catch (error) {
      this.readFailure = { error };
    }
  }

  /** Asks whether the predecessor is stored; what goes wrong is told when it is decided. */
  async lookForPredecessor(
    stored: (senderKey: string, requestId: string) => Promise<Entry | undefined>,
  ): Promise<void> {
    const { senderKey, after } = this.operation;
    try {
      this.predecessorStored = (await inTraces(this.traces, () => stored(senderKey, after))) !== undefined;
    } catch (error) {
      this.readFailure = { error };
      this.predecessorStored = false;
    }
  }

  /** Calls `gone` when the caller gives up before the operation is in a batch. */
  listen(gone: () => void): void {
    const { signal } = this.operation;
    const listener = () => {
      if (!this.inBatch && !this.joined && !this.settled) gone();
    };
    signal.addEventListener('abort', listener, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', listener);
  }

  resolve(result: Result<State, Entry>): void {
    this.settled = true;
    this.#stopListening?.();
    this.#span?.end();
    this.#settling.resolve(result);
  }

  reject(error: unknown): void {
    this.settled = true;
    this.#stopListening?.();
    this.#span?.end(error);
    this.#settling.reject(error);
  }
}

/** A place in the queue: taken on arrival, filled when the handler has asked what it must. */
export type Place<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  pending: Pending<State, Entry, Body> | undefined;
  /** Given back, or settled otherwise: passed over. */
  gone: boolean;
};
