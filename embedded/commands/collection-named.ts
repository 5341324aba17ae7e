// The collection that a command on indexes names, which must be there.
import { storeError } from '../errors.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import type { Call } from './engine.ts';

/** Throws NamespaceNotFound. */
export function collectionNamed({ args, database, engine }: Call): Collection {
  const namespace = checkNamespace(database, args.collection());
  const collection = engine.catalog.get(namespace);
  if (collection === undefined) throw storeError('NamespaceNotFound', `ns does not exist: ${namespace}`);
  return collection;
}

/** For who waited since: throws NamespaceNotFound if it was dropped meanwhile. */
export function mustBeThere({ alive, namespace }: Collection): void {
  if (!alive) throw storeError('NamespaceNotFound', `ns does not exist: ${namespace}`);
}
