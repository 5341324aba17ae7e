// How a write command runs: in one commit with whatever else is waiting, its answer given when that is on disk. A
// retryable write's answer is remembered in the same commit, and given again instead of doing the write twice.

import { isRaw } from '../bson/build.ts';
import { elementsOf, numberOf, type Raw } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Reply } from './engine.ts';
import { type Found, isWanted, search, type Wanted } from './target.ts';

/** Statements in one write command, as in MongoDB. */
export const statementsMax = 100_000;
/** Statements done in one commit; a longer command takes several, so that others are served in between. */
export const statementsPerCommit = 1000;

/**
 * In a write job; without a collection where there is none. May ask for a search instead of an answer: then it has
 * changed nothing, and runs again with what was found.
 */
export type Job = (collection: Collection | undefined, found?: Found) => Reply | Wanted;

export type WriteOptions = {
  /** Makes the collection if there is none. */
  readonly creates: boolean;
  /** Tells the jobs of one command apart. */
  readonly piece?: number;
};

/** Runs a job in the next commit; searches before it as long as the job asks for that. */
export async function writeTo(call: Call, namespace: string, options: WriteOptions, run: Job): Promise<Reply> {
  const { catalog } = call.engine;
  for (let found: Found | undefined; ; ) {
    const collection = catalog.get(namespace) ?? (options.creates ? await catalog.create(namespace) : undefined);
    const answer = await attempt(call, collection, (target) => run(target, found), options.piece ?? 0);
    if (answer !== undefined && !isWanted(answer)) return answer;
    found =
      answer === undefined || collection === undefined ? undefined : await search(call, collection, answer.wanted);
  }
}

/** Answers undefined if the collection was dropped meanwhile. */
function attempt(
  { engine, retry }: Call,
  collection: Collection | undefined,
  run: Job,
  piece: number,
): Promise<Reply | Wanted | undefined> {
  const { sessions } = engine;
  return engine.environment.write(() => {
    if (collection?.alive === false) return undefined;
    if (retry === undefined) return run(collection);
    const before = sessions.remembered(retry, piece);
    if (before !== undefined) return before;
    const answer = run(collection);
    if (!isWanted(answer)) sessions.remember(retry, piece, answer);
    return answer;
  });
}

export type WriteError = Readonly<Record<string, unknown>>;

/** A statement's error as MongoDB shows it; anything but a StoreError is a fault and goes on up. */
export function writeError(index: number, error: unknown): WriteError {
  if (!(error instanceof StoreError)) throw error;
  return { index, code: error.code, ...error.detail, errmsg: error.message };
}

/** What one statement did. `nModified` only of updates. */
export type Outcome = { readonly n: number; readonly nModified?: number; readonly upserted?: Raw };

export type Statements = { readonly from: number; readonly to: number; readonly ordered: boolean };

/**
 * In a write job: statements one after another; their errors and upserts carry their own index. Stops before one that
 * needs a search, and says how many it has `covered`; asks for the search if that is the first.
 */
export function eachStatement(
  { from, to, ordered }: Statements,
  one: (index: number) => Outcome | Wanted,
): Reply | Wanted {
  const sum = { n: 0, nModified: 0, upserted: [] as Reply[], writeErrors: [] as WriteError[] };
  let at = from;
  for (; at < to; at++) {
    try {
      const outcome = one(at);
      if (isWanted(outcome)) {
        if (at === from) return outcome;
        break;
      }
      sum.n += outcome.n;
      sum.nModified += outcome.nModified ?? 0;
      if (outcome.upserted !== undefined) sum.upserted.push({ index: at, _id: outcome.upserted });
    } catch (error) {
      sum.writeErrors.push(writeError(at, error));
      if (ordered) break;
    }
  }
  return { ...withoutEmpty(sum), ...(at < to ? { covered: at - from } : {}) };
}

export type Pieces = {
  readonly count: number;
  readonly ordered: boolean;
  /** A statement that takes commits of its own. */
  readonly alone: (index: number) => boolean;
  /** Does the statements from `from` to before `to`, or as many of them as its answer says. */
  readonly run: (statements: Statements, piece: number) => Promise<Reply>;
};

/** Does a command's statements piece by piece and adds up the answers. Throws InvalidLength for none or too many. */
export async function inPieces({ count, ordered, alone, run }: Pieces): Promise<Reply> {
  if (count < 1 || count > statementsMax) {
    const message = `Write batch sizes must be between 1 and ${statementsMax}. Got ${count} operations.`;
    throw storeError('InvalidLength', message);
  }
  const sum = { n: 0, nModified: 0, upserted: [] as unknown[], writeErrors: [] as unknown[] };
  for (let from = 0, piece = 0; from < count; piece++) {
    let to = from + 1;
    if (!alone(from)) while (to < count && to - from < statementsPerCommit && !alone(to)) to++;
    const reply = await run({ from, to, ordered }, piece);
    sum.n += numberIn(reply.n);
    sum.nModified += numberIn(reply.nModified ?? 0);
    sum.upserted.push(...listIn(reply.upserted));
    sum.writeErrors.push(...listIn(reply.writeErrors));
    if (ordered && sum.writeErrors.length > 0) break;
    from += reply.covered === undefined ? to - from : numberIn(reply.covered);
  }
  return withoutEmpty(sum);
}

type Sum = { n: number; nModified: number; upserted: unknown[]; writeErrors: unknown[] };

function withoutEmpty({ n, nModified, upserted, writeErrors }: Sum): Reply {
  return {
    n,
    ...(nModified > 0 ? { nModified } : {}),
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
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
