// What all commands work on: storage, open cursors, sessions, settings.
import type { Raw } from '../bson/raw.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Environment } from '../storage/environment.ts';
import type { Arguments } from './arguments.ts';
import type { Cursors } from './cursors.ts';

export type Engine = {
  readonly environment: Environment;
  readonly catalog: Catalog;
  readonly cursors: Cursors;
  readonly strict: boolean;
  readonly address: () => string;
  readonly now: () => Date;
};

export type Call = {
  readonly engine: Engine;
  readonly database: string;
  readonly args: Arguments;
  /** When maxTimeMS runs out, on performance.now()'s clock. */
  readonly deadlineMs?: number;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
};

export type Reply = Readonly<Record<string, unknown>>;

export type Command = (call: Call) => Promise<Reply> | Reply;

/** A document as it is, or none. */
export type MaybeRaw = Raw | undefined;
