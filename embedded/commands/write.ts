// How a write command runs: in one commit with whatever else is waiting, its answer given when that is on disk. A
// retryable write's answer is remembered in the same commit, and given again instead of doing the write twice.
import type { Collection } from '../storage/collection.ts';
import type { Call, Reply } from './engine.ts';

type Job = (collection: Collection) => Reply;

/** Runs a job on a collection, made if there is none. */
export async function writeTo(call: Call, namespace: string, run: Job): Promise<Reply> {
  const { catalog } = call.engine;
  for (;;) {
    const reply = await attempt(call, catalog.get(namespace) ?? (await catalog.create(namespace)), run);
    if (reply !== undefined) return reply;
  }
}

/** As writeTo, but answers undefined when there is no such collection. */
export async function writeToExisting(call: Call, namespace: string, run: Job): Promise<Reply | undefined> {
  for (;;) {
    const collection = call.engine.catalog.get(namespace);
    if (collection === undefined) return undefined;
    const reply = await attempt(call, collection, run);
    if (reply !== undefined) return reply;
  }
}

/** Answers undefined if the collection was dropped meanwhile. */
function attempt({ engine, retry }: Call, collection: Collection, run: Job): Promise<Reply | undefined> {
  const { sessions } = engine;
  return engine.environment.write(() => {
    if (!collection.alive) return undefined;
    if (retry === undefined) return run(collection);
    const before = sessions.remembered(retry);
    if (before !== undefined) return before;
    const reply = run(collection);
    sessions.remember(retry, reply);
    return reply;
  });
}
