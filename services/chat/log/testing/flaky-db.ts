// The real store, seen through a seam that can fail: before a command (it never happened), after it (it happened, the
// answer is lost), or for good (the process died). For tests of what must hold whatever happens.

import { type Db, MongoNetworkError } from 'mongodb';

/**
 * What happens to a command: nothing, or it is lost before the store does it, or after. `late`: it is lost, and the
 * store does it all the same, once the collection was read the next time.
 */
export type Fate = 'done' | 'lost before' | 'lost after' | 'late';

export type FlakyDb = {
  readonly db: Db;
  /** Asked for every write, in order. */
  fate: (collection: string, method: string, args: readonly unknown[]) => Fate | Promise<Fate>;
  /** Asked for every read: true fails it. */
  failReads: (collection: string) => boolean;
  /** Awaited before every `find` is sent. */
  reading: (collection: string, filter: object) => Promise<void>;
  /** Resolves when the store has answered all that was sent to it, whether or not anybody hears the answer. */
  idle(): Promise<void>;
  /** From now on nothing reaches the store: what a killed process does. */
  kill(): void;
};

const writes = new Set([
  'insertMany',
  'insertOne',
  'updateOne',
  'updateMany',
  'bulkWrite',
  'findOneAndUpdate',
  'deleteOne',
  'deleteMany',
]);

export function flakyDb(db: Db): FlakyDb {
  let dead = false;
  const underWay = new Set<Promise<unknown>>();
  /** By collection: what the store does after the next read of it. */
  const late = new Map<string, (() => Promise<unknown>)[]>();
  const flaky: FlakyDb = {
    fate: () => 'done',
    failReads: () => false,
    reading: async () => {},
    async idle() {
      await Promise.all([...late.keys()].map(doLate));
      await Promise.allSettled(underWay);
    },
    kill() {
      dead = true;
    },
    db: new Proxy(db, {
      get(target, name) {
        if (name !== 'collection') return Reflect.get(target, name);
        return (collection: string) => collectionSeenThrough(target.collection(collection), collection);
      },
    }),
  };

  function seenToItsEnd(sent: Promise<unknown>): Promise<unknown> {
    underWay.add(sent);
    return sent.finally(() => underWay.delete(sent));
  }

  /** What becomes of it, nobody hears. */
  async function doLate(collection: string): Promise<void> {
    const works = late.get(collection) ?? [];
    late.delete(collection);
    await Promise.allSettled(works.map((work) => seenToItsEnd(work())));
  }

  function collectionSeenThrough<Target extends object>(target: Target, collection: string): Target {
    return new Proxy(target, {
      get(of, name) {
        const member = Reflect.get(of, name);
        if (typeof member !== 'function') return member;
        if (name === 'find')
          return (filter: object, ...args: unknown[]) => {
            if (dead || flaky.failReads(collection)) return deadCursor();
            return cursorBetween(member.apply(of, [filter, ...args]), {
              before: () => flaky.reading(collection, filter),
              after: () => doLate(collection),
            });
          };
        return async (...args: unknown[]) => {
          if (dead || (name === 'findOne' && flaky.failReads(collection))) throw lost();
          const fate = writes.has(String(name)) ? await flaky.fate(collection, String(name), args) : 'done';
          if (fate === 'lost before') throw lost();
          if (fate === 'late') {
            late.set(collection, [...(late.get(collection) ?? []), () => member.apply(of, args)]);
            throw lost();
          }
          const answer = await seenToItsEnd(member.apply(of, args));
          if (fate === 'lost after' || dead) throw lost();
          return answer;
        };
      },
    });
  }
  return flaky;
}

function lost(): MongoNetworkError {
  return new MongoNetworkError('the connection was lost');
}

type Cursor = { toArray(): Promise<unknown> };

type Around = { before(): Promise<void>; after(): Promise<void> };

function cursorBetween(cursor: Cursor, { before, after }: Around): Cursor {
  const toArray = cursor.toArray.bind(cursor);
  cursor.toArray = async () => {
    await before();
    const found = await toArray();
    await after();
    return found;
  };
  return cursor;
}

function deadCursor() {
  const cursor = { sort: () => cursor, limit: () => cursor, project: () => cursor, toArray: async () => [lostThrow()] };
  return cursor;
}

function lostThrow(): never {
  throw lost();
}
