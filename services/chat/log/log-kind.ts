// What makes one kind of log (conversations, users) out of the one machinery: where it is stored, how its state folds,
// which documents follow it, and what is told of it.

import type { Collection, Document } from 'mongodb';
import type { Logger } from '../../../mesh/telemetry/log.ts';
import type { Metrics } from '../../../mesh/telemetry/metrics.ts';

/** What every stored entry has, whatever its log. */
export type StoredEntry = {
  readonly _id: string;
  readonly account_key: string;
  readonly seq: number;
  readonly sender_key: string;
  readonly request_id: string;
  readonly about: string;
  readonly created_at: Date;
};

/** What every state has. Immutable: a fold makes a new one. */
export type LogState = { readonly accountKey: string; readonly seq: number };

export type HeadDocument = Document & {
  readonly _id: string;
  readonly last_seq?: number;
  readonly floor_seq?: number;
  readonly open_until?: Date;
};

/** What the log gives a decided entry. */
export type Placing = {
  readonly _id: string;
  readonly key: string;
  readonly sender_key: string;
  readonly request_id: string;
  readonly about: string;
  readonly created_at: Date;
};

export type Loaded<State> = { readonly state: State; readonly openUntil: number };

export type LogKind<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly name: 'conversation' | 'user';
  /** The field of an entry that says whose log it is in. */
  readonly keyField: 'conversation_id' | 'user_key';
  readonly entries: Collection<Entry & Document>;
  readonly heads: Collection<HeadDocument>;
  /**
   * The state at the head document's `last_seq`: that document first, then the rows. `undefined`: no such log.
   * `accountKey` is the account of a log that begins now.
   */
  load(key: string, accountKey: string | undefined): Promise<Loaded<State> | undefined>;
  /** What a head document gets when it is made by the first entry; `undefined`: it is there before. */
  newHead?(state: State): Document;
  /** The entry that a decision on `state` becomes: the next one. */
  place(state: State, body: Body, placing: Placing): Entry;
  /** Pure. */
  fold(state: State, entry: Entry): State;
  /** True where a fold left out what only the store knows, or kept more than a state may. */
  lacks?(state: State): boolean;
  /** The same state put right. */
  mend?(state: State): Promise<State>;
  /** True where the state does not hold everyone's rows. */
  lacksRows?(state: State): boolean;
  /** The state with rows that a decision will look at. `undefined` where it has them. */
  withRows?(state: State, users: readonly string[]): Promise<State> | undefined;
  /** The names of what an entry changes: documents that a decision behind it may not have read before. */
  touches(entry: Entry): readonly string[];
  /**
   * Brings the documents that an entry concerns up to it; may be repeated, also after later entries. Answers the entry
   * as it leaves, and what handlers want to know of it. `state` has the entry in it.
   */
  apply(entry: Entry, state: State): Promise<Applied<Entry>> | Applied<Entry>;
  /** A stored entry as it is now, for the answer to a repeated request. */
  current(entry: Entry): Promise<Applied<Entry>>;
  /** Tells everyone. After `apply`, in the order of the log. Never throws. */
  publish(entry: Entry, state: State): void;
  /** What must be done elsewhere before `last_seq` may rise to this entry; idempotent. `undefined`: nothing. */
  follow(entry: Entry, state: State): (() => Promise<void>) | undefined;
  /**
   * Writes behind: rows, then the head document up to `state`, under `last_seq < state.seq`; with it `open_until`,
   * where given. True where it is certain that this was applied.
   */
  writeBehind(state: State, openUntil: Date | undefined): Promise<boolean>;
};

export type Applied<Entry> = { readonly entry: Entry; readonly message?: Entry };

/** What the machinery needs of its surroundings. */
export type LogGround = {
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Aborted when the service closes. */
  readonly signal: AbortSignal;
  /** An id for an entry. */
  readonly nextId: () => Promise<string>;
};
