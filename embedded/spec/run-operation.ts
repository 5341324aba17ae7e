// Runs one operation of a unified test through the official driver.
import type { Collection } from 'mongodb';
import type { Operation } from './unified-format.ts';

/** What the driver takes by position, before the options, in each of its methods. */
const byPosition: Readonly<Record<string, readonly string[]>> = {
  insertOne: ['document'],
  insertMany: ['documents'],
  find: ['filter'],
  findOne: ['filter'],
  updateOne: ['filter', 'update'],
  updateMany: ['filter', 'update'],
  replaceOne: ['filter', 'replacement'],
  deleteOne: ['filter'],
  deleteMany: ['filter'],
  findOneAndUpdate: ['filter', 'update'],
  findOneAndReplace: ['filter', 'replacement'],
  findOneAndDelete: ['filter'],
  countDocuments: ['filter'],
  count: ['filter'],
  estimatedDocumentCount: [],
  distinct: ['fieldName', 'filter'],
  aggregate: ['pipeline'],
  bulkWrite: ['requests'],
  createIndex: ['keys'],
};

/** The values are of the right types, or the test is about that they are not. */
type Method = (...args: readonly unknown[]) => Promise<unknown> | { toArray(): Promise<unknown> };

export async function runOperation(
  collection: Collection,
  { name, arguments: given = {} }: Operation,
): Promise<unknown> {
  const names = byPosition[name];
  if (names === undefined) throw new Error(`${name} is not known to this runner`);
  const options = Object.fromEntries(Object.entries(given).filter(([key]) => !names.includes(key)));
  if (typeof options.returnDocument === 'string') options.returnDocument = options.returnDocument.toLowerCase();
  const method = (collection as unknown as Readonly<Record<string, Method>>)[name]!;
  const result = method.call(collection, ...names.map((each) => given[each]), options);
  return 'toArray' in result ? result.toArray() : result;
}
