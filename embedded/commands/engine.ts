// What all commands work on: storage, open cursors, sessions, settings; and what one call of a command is.
import type { Catalog } from '../storage/catalog.ts';
import type { Environment } from '../storage/environment.ts';
import type { Retry, Sessions } from '../storage/sessions.ts';
import type { Arguments } from './arguments.ts';
import type { Cursors } from './cursors.ts';
import type { CommandSeen, FailPoints, Failure } from './fail-points.ts';
import type { Verifier } from './scram.ts';

/** For tests in the same process: what is to befall a command. */
export type StoreHooks = { failCommand?(seen: CommandSeen): Failure | undefined };

export type Engine = {
  readonly environment: Environment;
  readonly catalog: Catalog;
  readonly cursors: Cursors;
  readonly sessions: Sessions;
  readonly strict: boolean;
  /** Only where test commands are enabled. */
  readonly failPoints?: FailPoints;
  readonly hooks?: StoreHooks;
  /** Who may ask; undefined: everybody who reaches the socket. */
  readonly credentials?: Verifier;
  readonly now: () => Date;
  readonly log?: (record: object) => void;
};

/** What is known of the other end of one connection. */
export type Peer = {
  appName?: string;
  authenticated: boolean;
  login?: Login;
  /** The address and port at which it reached the store. */
  readonly reachedAt: string;
};

/** A login under way. */
export type Login = {
  readonly id: number;
  step(message: Buffer): { readonly message: Buffer; readonly done: boolean };
};

export type Call = {
  readonly engine: Engine;
  readonly database: string;
  readonly args: Arguments;
  readonly peer: Peer;
  readonly retry?: Retry;
  /** When maxTimeMS runs out, on performance.now()'s clock. */
  readonly deadlineMs?: number;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
};

export type Reply = Readonly<Record<string, unknown>>;

export type Command = (call: Call) => Promise<Reply> | Reply;
