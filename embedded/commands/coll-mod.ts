// collMod, as far as it changes when an index's documents expire.
import { Long } from 'bson';
import { equalValues } from '../bson/order.ts';
import { bsonType, fieldOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { openNode, sealDocument } from '../update/branch.ts';
import type { Call, Reply } from './engine.ts';
import { inTurn } from './indexes.ts';

export function collMod(call: Call): Promise<Reply> | Reply {
  const { args, engine } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const collection = engine.catalog.get(namespace);
  if (collection === undefined) throw storeError('NamespaceNotFound', `ns does not exist: ${namespace}`);
  const wanted = args.document('index');
  if (wanted === undefined) return {};
  const seconds = fieldOf(wanted, 'expireAfterSeconds');
  if (seconds === undefined) throw storeError('InvalidOptions', 'of an index only expireAfterSeconds can be changed');
  return inTurn(call, collection, () =>
    engine.environment.write(() => {
      if (!collection.alive) throw storeError('NamespaceNotFound', `ns does not exist: ${namespace}`);
      const index = indexMeant(collection, wanted);
      const spec = parseIndexSpec(withExpiry(index.spec.document, seconds));
      const before = index.spec.expireAfterSeconds;
      if (before === spec.expireAfterSeconds) return {};
      const changed = { ...index, spec };
      engine.catalog.publish(
        collection,
        collection.indexes.map((each) => (each === index ? changed : each)),
      );
      const old = before === undefined ? {} : { expireAfterSeconds_old: Long.fromNumber(before) };
      return { ...old, expireAfterSeconds_new: Long.fromNumber(spec.expireAfterSeconds!) };
    }),
  );
}

function indexMeant(collection: Collection, wanted: Raw): Index {
  const name = fieldOf(wanted, 'name');
  const key = fieldOf(wanted, 'keyPattern');
  if ((name?.type === bsonType.string) === (key?.type === bsonType.object)) {
    throw storeError('InvalidOptions', 'must specify either index name or key pattern, and not both');
  }
  const found = collection.indexes.find(({ spec }) =>
    key === undefined ? spec.name === textOf(name!) : equalValues(spec.key, key),
  );
  if (found === undefined) throw storeError('IndexNotFound', `cannot find index for ns ${collection.namespace}`);
  return found;
}

function withExpiry(document: Raw, seconds: Raw): Raw {
  const branch = openNode(document)!;
  const at = branch.names.indexOf('expireAfterSeconds');
  if (at >= 0) branch.values[at] = seconds;
  else {
    branch.names.push('expireAfterSeconds');
    branch.values.push(seconds);
  }
  return sealDocument(branch);
}
