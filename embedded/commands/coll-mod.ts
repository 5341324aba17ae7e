// collMod, as far as it changes when an index's documents expire.
import { Long } from 'bson';
import { equalValues } from '../bson/order.ts';
import { bsonType, fieldOf, type Raw, textOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { parseIndexSpec } from '../keys/index-spec.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { openNode, putField, sealDocument } from '../update/branch.ts';
import { collectionNamed, mustBeThere } from './collection-named.ts';
import type { Call, Reply } from './engine.ts';
import { inTurn } from './indexes.ts';

export function collMod(call: Call): Promise<Reply> | Reply {
  const { args, engine } = call;
  const collection = collectionNamed(call);
  const wanted = args.document('index');
  if (wanted === undefined) return {};
  const seconds = fieldOf(wanted, 'expireAfterSeconds');
  if (seconds === undefined) throw storeError('InvalidOptions', 'of an index only expireAfterSeconds can be changed');
  return inTurn(call, collection, () =>
    engine.environment.write(() => {
      mustBeThere(collection);
      const index = indexMeant(collection, wanted);
      const spec = parseIndexSpec(withExpiry(index.spec.document, seconds));
      const before = index.spec.expireAfterSeconds;
      if (before === spec.expireAfterSeconds) return {};
      const indexes = collection.indexes.map((each) => (each === index ? { ...index, spec } : each));
      engine.catalog.publish(collection, indexes);
      const old = before === undefined ? {} : { expireAfterSeconds_old: Long.fromNumber(before) };
      return { ...old, expireAfterSeconds_new: Long.fromNumber(spec.expireAfterSeconds!) };
    }),
  );
}

function indexMeant({ indexes, namespace }: Collection, wanted: Raw): Index {
  const name = fieldOf(wanted, 'name');
  const key = fieldOf(wanted, 'keyPattern');
  if ((name?.type === bsonType.string) === (key?.type === bsonType.object)) {
    throw storeError('InvalidOptions', 'must specify either index name or key pattern, and not both');
  }
  const found = indexes.find(({ spec }) =>
    key === undefined ? spec.name === textOf(name!) : equalValues(spec.key, key),
  );
  if (found === undefined) throw storeError('IndexNotFound', `cannot find index for ns ${namespace}`);
  return found;
}

function withExpiry(document: Raw, seconds: Raw): Raw {
  const branch = openNode(document)!;
  putField(branch, 'expireAfterSeconds', seconds);
  return sealDocument(branch);
}
