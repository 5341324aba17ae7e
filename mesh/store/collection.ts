// A collection declared as data: its name, indexes, expiry and shard key. Migrate makes it so; a service checks it.

import type { IndexSpecification } from 'mongodb';

export type Collection = {
  readonly name: string;
  readonly purpose: string;
  readonly indexes: readonly Index[];
  /** The key that a sharded cluster spreads it by. Unique indexes start with it. */
  readonly shardKey: Readonly<Record<string, 1 | 'hashed'>>;
};

export type Index = {
  readonly name: string;
  readonly key: IndexSpecification;
  readonly unique?: boolean;
  readonly sparse?: boolean;
  readonly partialFilterExpression?: Readonly<Record<string, unknown>>;
  /** A TTL index: documents go this long after the date in the key. */
  readonly expireAfterSeconds?: number;
  /** Which query stands on it. */
  readonly serves: string;
};
