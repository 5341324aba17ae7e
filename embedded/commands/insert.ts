// insert: documents keep the bytes they came in, but for an _id that is missing or not in first place.
import { ObjectId } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, fieldOf, fieldsOf, type Raw } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import { checkNamespace } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { documentBytesMax } from '../update/apply-update.ts';
import { sealDocument } from '../update/branch.ts';
import type { Call, Reply } from './engine.ts';
import type { Wanted } from './target.ts';
import { eachStatement, inPieces, type Statements, writeTo } from './write.ts';

export async function insert(call: Call): Promise<Reply> {
  const { args } = call;
  const namespace = checkNamespace(call.database, args.collection());
  const documents = args.documents('documents');
  const ordered = args.get('ordered') === undefined || args.flag('ordered');
  return inPieces({
    count: documents.length,
    ordered,
    alone: () => false,
    run: (statements, piece) =>
      writeTo(call, namespace, { creates: true, piece }, (collection) =>
        insertSome(collection!, documents, statements),
      ),
  });
}

/** In a write job. All together, and where that cannot be, one after another: an error is that of its document. */
function insertSome(collection: Collection, documents: readonly Raw[], statements: Statements): Reply | Wanted {
  const { from, to } = statements;
  try {
    collection.insertAll(documents.slice(from, to).map(withId));
    return { n: to - from };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  return eachStatement(statements, (index) => {
    collection.insert(withId(documents[index]!));
    return { n: 1 };
  });
}

/** The document with an _id in first place. Throws for documents MongoDB does not store. */
export function withId(document: Raw): Raw {
  const length = document.end - document.start;
  if (length > documentBytesMax) {
    const message = `object to insert too large. size in bytes: ${length}, max size: ${documentBytesMax}`;
    throw storeError('BSONObjectTooLarge', message);
  }
  const { bytes, start } = document;
  const idIsFirst =
    bytes[start + 5] === 0x5f && bytes[start + 6] === 0x69 && bytes[start + 7] === 0x64 && bytes[start + 8] === 0;
  if (idIsFirst) {
    checkId(bytes[start + 4]!, document);
    return document;
  }
  const given = fieldOf(document, '_id');
  if (given !== undefined) checkId(given.type, document);
  const rest = fieldsOf(document).filter(([name]) => name !== '_id');
  const id = given ?? rawOf(new ObjectId());
  return sealDocument({
    array: false,
    names: ['_id', ...rest.map(([name]) => name)],
    values: [id, ...rest.map(([, value]) => value)],
  });
}

function checkId(type: number, document: Raw): void {
  if (type === bsonType.array || type === bsonType.regex || type === bsonType.undefined) {
    const name = type === bsonType.array ? 'array' : type === bsonType.regex ? 'regex' : 'undefined';
    throw storeError('InvalidIdField', `The '_id' value cannot be of type ${name}`);
  }
  if (type !== bsonType.object) return;
  const first = fieldsOf(fieldOf(document, '_id')!)[0];
  if (first?.[0].startsWith('$')) {
    const message = `_id fields may not contain '$'-prefixed fields: ${first[0]} is not valid for storage.`;
    throw storeError('DollarPrefixedFieldName', message);
  }
}
