// Runs one operation of a unified test through the official driver.
import type { Collection, Db, Document } from 'mongodb';
import type { Operation, Values } from './unified-format.ts';

type Options = Record<string, unknown>;

/** What the driver takes by position. The values are of the right types, or the test is about that they are not. */
type Known = {
  readonly filter: never;
  readonly document: never;
  readonly documents: never;
  readonly update: never;
  readonly replacement: never;
  readonly pipeline: never;
  readonly fieldName: never;
  readonly requests: never;
};

export function runOnCollection(collection: Collection, { name, arguments: given = {} }: Operation): Promise<unknown> {
  const { filter, document, documents, update, replacement, pipeline, fieldName, requests, ...rest } = given as Known;
  const options = rest as Options;
  if (options.returnDocument === 'After' || options.returnDocument === 'Before') {
    options.returnDocument = (options.returnDocument as string).toLowerCase();
  }
  switch (name) {
    case 'insertOne':
      return collection.insertOne(document, options);
    case 'insertMany':
      return collection.insertMany(documents, options);
    case 'find':
      return collection.find(filter, options).toArray();
    case 'findOne':
      return collection.findOne(filter, options);
    case 'updateOne':
      return collection.updateOne(filter, update, options);
    case 'updateMany':
      return collection.updateMany(filter, update, options);
    case 'replaceOne':
      return collection.replaceOne(filter, replacement, options);
    case 'deleteOne':
      return collection.deleteOne(filter, options);
    case 'deleteMany':
      return collection.deleteMany(filter, options);
    case 'findOneAndUpdate':
      return collection.findOneAndUpdate(filter, update, options);
    case 'findOneAndReplace':
      return collection.findOneAndReplace(filter, replacement, options);
    case 'findOneAndDelete':
      return collection.findOneAndDelete(filter, options);
    case 'countDocuments':
      return collection.countDocuments(filter, options);
    case 'count':
      return collection.count(filter, options);
    case 'estimatedDocumentCount':
      return collection.estimatedDocumentCount(options);
    case 'distinct':
      return collection.distinct(fieldName, filter, options);
    case 'aggregate':
      return collection.aggregate(pipeline, options).toArray();
    case 'bulkWrite':
      return collection.bulkWrite(requests, options);
    case 'createIndex': {
      const { keys, ...indexOptions } = options;
      return collection.createIndex(keys as never, indexOptions);
    }
    default:
      throw new Error(`${name} is not known to this runner`);
  }
}

export function runOnDatabase(db: Db, { name, arguments: given = {} }: Operation): Promise<unknown> {
  const { pipeline, collection, ...options } = given as Values & { pipeline?: Document[]; collection?: string };
  switch (name) {
    case 'aggregate':
      return db.aggregate(pipeline, options).toArray();
    case 'dropCollection':
      return db.dropCollection(collection!, options);
    case 'createCollection':
      return db.createCollection(collection!, options);
    default:
      throw new Error(`${name} is not known to this runner`);
  }
}
