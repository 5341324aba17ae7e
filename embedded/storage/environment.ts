// The LMDB file and its one writer. Jobs that arrive while a commit is under way go together into the next one:
// one fsync for all of them, and nobody is answered before it. Readers see only what was committed and flushed.
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ABORT, open, type RootDatabase } from 'lmdb';
import { storeError } from '../errors.ts';
import { checkDataFile, makingMark } from './data-file.ts';
import { keyEncoder, Tree } from './tree.ts';

/** Trees (collections and indexes) one store can hold. */
export const treesMax = 8192;
/** The file's size at most, in bytes: address space, not disk. */
export const fileBytesMax = 2 ** 40;
/**
 * Free pages that LMDB keeps in memory, and looks through for ones side by side. With every commit it checks all that
 * it keeps, in a time that grows with their square: with the 45,000 that two large commits left, each took 60 ms.
 */
export const freePagesKeptMax = 2000;
/** Jobs in one commit. */
export const jobsPerCommitMax = 1000;
/** Jobs that wait at most; a further one is refused. */
export const jobsWaitingMax = 100_000;

type Job = {
  readonly run: () => unknown;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
};

type Outcome = { readonly value?: unknown; readonly error?: unknown; readonly poisoned?: boolean };

export class Environment {
  /** The file's last commit was torn by a crash, and taken back when it was opened. */
  readonly restored: boolean;
  private readonly root: RootDatabase<Buffer, Buffer>;
  private readonly trees = new Map<string, Tree>();
  private waiting: Job[] = [];
  private exclusives: (() => Promise<void>)[] = [];
  private running: Promise<void> | undefined;
  /** How to take back what the jobs of the commit under way have changed in memory. */
  private takeBacks: (() => void)[] = [];
  /** Changes the job under way has made. */
  private changes = 0;
  private closed = false;

  /** Throws an Error for a file that is damaged. */
  constructor(path: string) {
    const found = checkDataFile(path);
    this.restored = found === 'restored';
    const mark = join(path, makingMark);
    if (found === 'none') {
      mkdirSync(path, { recursive: true });
      closeSync(openSync(mark, 'w'));
    }
    this.root = open<Buffer, Buffer>({
      path,
      maxDbs: treesMax,
      mapSize: fileBytesMax,
      encoding: 'binary',
      keyEncoding: 'binary',
      // A commit is durable when it is visible: no second step between commit and flush.
      overlappingSync: false,
      eventTurnBatching: false,
      maxFreeSpaceToLoad: freePagesKeptMax,
      maxFreeSpaceToRetain: freePagesKeptMax,
      noSubdir: false,
    } as never);
    rmSync(mark, { force: true });
  }

  /** Opens or makes a tree. Only between jobs (see `exclusive`) or before the first. */
  tree(name: string): Tree {
    let tree = this.trees.get(name);
    if (tree === undefined) {
      const database = this.root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoder } as never);
      tree = new Tree(database, (change) => {
        this.changes += change;
      });
      this.trees.set(name, tree);
    }
    return tree;
  }

  /** Opens or makes several trees in one commit. Only between jobs. */
  openTrees(names: readonly string[]): void {
    this.root.transactionSync(() => {
      for (const name of names) this.tree(name);
    });
  }

  /**
   * Runs a job in the next commit and answers when that is on disk. The job is synchronous and may run twice, if
   * another job of its commit failed half-way; what it changes outside its trees it can take back (onAbort).
   */
  write<T>(run: () => T): Promise<T> {
    if (this.closed) return Promise.reject(storeError('ShutdownInProgress', 'the store is closing'));
    if (this.waiting.length >= jobsWaitingMax) {
      return Promise.reject(storeError('OperationFailed', `more than ${jobsWaitingMax} writes are waiting`));
    }
    return new Promise<T>((done, failed) => {
      this.waiting.push({ run, done: done as (value: unknown) => void, failed });
      this.start();
    });
  }

  /** Runs something between two commits, alone: making and emptying trees. */
  exclusive<T>(run: () => T | Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(storeError('ShutdownInProgress', 'the store is closing'));
    return new Promise<T>((done, failed) => {
      this.exclusives.push(async () => {
        try {
          done(await run());
        } catch (error) {
          failed(error);
        }
      });
      this.start();
    });
  }

  /** In a job that changes something in memory: how to take that back, should its commit not be kept. */
  onAbort(takeBack: () => void): void {
    this.takeBacks.push(takeBack);
  }

  private abandon(): void {
    for (const takeBack of this.takeBacks.reverse()) takeBack();
    this.takeBacks = [];
  }

  /** A commit of its own, for use inside `exclusive`. */
  async writeAlone(run: () => void): Promise<void> {
    try {
      await this.root.childTransaction(run);
      this.takeBacks = [];
    } catch (error) {
      this.abandon();
      throw await notWritten(error);
    }
  }

  private start(): void {
    if (this.running !== undefined) return;
    this.running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.drain())
      .finally(() => {
        this.running = undefined;
        if (this.waiting.length > 0 || this.exclusives.length > 0) this.start();
      });
  }

  private async drain(): Promise<void> {
    for (const run of this.exclusives.splice(0)) await run();
    const group = this.waiting.splice(0, jobsPerCommitMax);
    if (group.length > 0) await this.commit(group);
  }

  private async commit(group: readonly Job[]): Promise<void> {
    let outcomes: Outcome[] = [];
    try {
      await this.root.childTransaction(() => {
        outcomes = this.runAll(group);
        return outcomes.at(-1)?.poisoned ? (ABORT as never) : undefined;
      });
    } catch (error) {
      this.abandon();
      const failure = await notWritten(error);
      for (const job of group) job.failed(failure);
      return;
    }
    if (!outcomes.at(-1)?.poisoned) {
      this.takeBacks = [];
      group.forEach((job, i) => {
        const { value, error } = outcomes[i]!;
        if (error === undefined) job.done(value);
        else job.failed(error);
      });
      return;
    }
    this.abandon();
    // The last job that ran failed half-way: nothing of this commit was kept. It fails alone, the others run again.
    group[outcomes.length - 1]!.failed(outcomes.at(-1)!.error);
    const rest = group.filter((_, i) => i !== outcomes.length - 1);
    if (rest.length > 0) await this.commit(rest);
  }

  private runAll(group: readonly Job[]): Outcome[] {
    const outcomes: Outcome[] = [];
    for (const job of group) {
      this.changes = 0;
      try {
        outcomes.push({ value: job.run() });
      } catch (error) {
        outcomes.push({ error, poisoned: this.changes !== 0 });
        if (this.changes !== 0) break;
      }
    }
    return outcomes;
  }

  /** Copies the data, without its free pages, into an empty folder. */
  async copyTo(folder: string): Promise<void> {
    await this.root.backup(folder, true);
  }

  /** Waits for the writes that were accepted, then closes the file. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.running !== undefined) await this.running;
    await this.root.close();
  }
}

/** LMDB tells the cause of a failed commit apart from the failure, a little later. */
async function notWritten(error: unknown): Promise<Error> {
  const { commitError } = error as { readonly commitError?: Promise<never> };
  const told = commitError?.catch((cause: unknown) => cause);
  const cause = (await Promise.race([told, delay(causeWaitMs, undefined, { ref: false })])) ?? error;
  const text = cause instanceof Error ? cause.message : String(cause);
  // A write that the disk takes only in part comes out of LMDB as "Input/output error".
  const full = /MDB_MAP_FULL|ENOSPC|No space|File too large|Disk quota|Input\/output/i.test(text);
  return storeError(full ? 'OutOfDiskSpace' : 'InternalError', `the write was not committed: ${text}`);
}

const causeWaitMs = 1000;
