// How a write command runs: in one commit with whatever else is waiting, its answer given when that is on disk. A
// retryable write's answer is remembered in the same commit, and given again instead of doing the write twice.

import { isRaw } from '../bson/build.ts';
import { elementsOf, numberOf, type Raw } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Reply } from './engine.ts';

/** Statements in one write command, as in MongoDB. */
export const statementsMax = 100_000;
/** Statements done in one commit; a longer command takes several, so that others are served in between. */
export const statementsPerCommit = 1000;

/** In a write job. */
export type Job = (collection: Collection) => Reply;

/** Runs a job on a collection, made if there is none. `piece` tells the jobs of one command apart. */
export async function writeTo(call: Call, namespace: string, run: Job, piece = 0): Promise<Reply> {
  const { catalog } = call.engine;
  for (;;) {
    const reply = await attempt(call, catalog.get(namespace) ?? (await catalog.create(namespace)), run, piece);
    if (reply !== undefined) return reply;
  }
}

/** As writeTo, but answers undefined when there is no such collection. */
export async function writeToExisting(call: Call, namespace: string, run: Job, piece = 0): Promise<Reply | undefined> {
  for (;;) {
    const collection = call.engine.catalog.get(namespace);
    if (collection === undefined) return undefined;
    const reply = await attempt(call, collection, run, piece);
    if (reply !== undefined) return reply;
  }
}

/** Answers undefined if the collection was dropped meanwhile. */
function attempt({ engine, retry }: Call, collection: Collection, run: Job, piece: number): Promise<Reply | undefined> {
  const { sessions } = engine;
  return engine.environment.write(() => {
    if (!collection.alive) return undefined;
    if (retry === undefined) return run(collection);
    const before = sessions.remembered(retry, piece);
    if (before !== undefined) return before;
    const reply = run(collection);
    sessions.remember(retry, piece, reply);
    return reply;
  });
}

export type WriteError = Readonly<Record<string, unknown>>;

/** A statement's error as MongoDB shows it; anything but a StoreError is a fault and goes on up. */
export function writeError(index: number, error: unknown): WriteError {
  if (!(error instanceof StoreError)) throw error;
  return { index, code: error.code, ...error.detail, errmsg: error.message };
}

export type Pieces = {
  readonly count: number;
  readonly ordered: boolean;
  /** A statement that takes commits of its own. */
  readonly alone: (index: number) => boolean;
  /** Does the statements from `from` to before `to`; their errors and upserts carry the statement's own index. */
  readonly run: (from: number, to: number, piece: number) => Promise<Reply | undefined>;
};

/** Does a command's statements piece by piece and adds up the answers. Throws InvalidLength for none or too many. */
export async function inPieces({ count, ordered, alone, run }: Pieces): Promise<Reply> {
  if (count < 1 || count > statementsMax) {
    const message = `Write batch sizes must be between 1 and ${statementsMax}. Got ${count} operations.`;
    throw storeError('InvalidLength', message);
  }
  const sum = { n: 0, nModified: 0, upserted: [] as unknown[], writeErrors: [] as unknown[] };
  let modifies = false;
  for (let from = 0, piece = 0; from < count; piece++) {
    let to = from + 1;
    if (!alone(from)) while (to < count && to - from < statementsPerCommit && !alone(to)) to++;
    const reply = (await run(from, to, piece)) ?? { n: 0 };
    sum.n += numberIn(reply.n);
    if (reply.nModified !== undefined) modifies = true;
    sum.nModified += numberIn(reply.nModified ?? 0);
    sum.upserted.push(...listIn(reply.upserted));
    sum.writeErrors.push(...listIn(reply.writeErrors));
    if (ordered && sum.writeErrors.length > 0) break;
    from = to;
  }
  return {
    n: sum.n,
    ...(modifies ? { nModified: sum.nModified } : {}),
    ...(sum.upserted.length > 0 ? { upserted: sum.upserted } : {}),
    ...(sum.writeErrors.length > 0 ? { writeErrors: sum.writeErrors } : {}),
  };
}

/** A remembered answer holds raw values, a fresh one JavaScript's. */
function numberIn(value: unknown): number {
  return isRaw(value) ? numberOf(value) : (value as number);
}

function listIn(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return isRaw(value) ? elementsOf(value as Raw) : (value as readonly unknown[]);
}
