// How a write command runs: in one commit with whatever else is waiting, its answer given when that is on disk.
import { rawDocument } from '../bson/raw.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call, Reply } from './engine.ts';

const dropped = Symbol('the collection was dropped meanwhile');

/** Runs a job on a collection, made if there is none. */
export async function writeTo(call: Call, namespace: string, run: (collection: Collection) => Reply): Promise<Reply> {
  const { catalog, environment } = call.engine;
  for (;;) {
    const collection =
      catalog.get(namespace) ?? (await catalog.create(namespace, rawDocument(Buffer.from([5, 0, 0, 0, 0]))));
    const reply = await environment.write(() => (collection.alive ? run(collection) : dropped));
    if (reply !== dropped) return reply as Reply;
  }
}

/** As writeTo, but answers undefined when there is no such collection. */
export async function writeToExisting(
  call: Call,
  namespace: string,
  run: (collection: Collection) => Reply,
): Promise<Reply | undefined> {
  const { catalog, environment } = call.engine;
  for (;;) {
    const collection = catalog.get(namespace);
    if (collection === undefined) return undefined;
    const reply = await environment.write(() => (collection.alive ? run(collection) : dropped));
    if (reply !== dropped) return reply as Reply;
  }
}
