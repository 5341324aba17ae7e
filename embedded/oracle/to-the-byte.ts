// For the differential tests: documents as the bytes that the store works on, and what it made of them, to compare.
import { BSON, type Document } from 'bson';
import { bytesOf, type Raw, rawDocument } from '../bson/raw.ts';
import { StoreError } from '../errors.ts';

const serialized = (value: object) => Buffer.from(BSON.serialize(value as Document));

export const raw = (value: object): Raw => rawDocument(serialized(value));

export const hex = (value: object): string => serialized(value).toString('hex');

/** What the store makes, as `hex` shows it; `error` where it refuses. What else is thrown is a fault. */
export function storeResult(run: () => Raw): string {
  try {
    return bytesOf(run()).toString('hex');
  } catch (error) {
    if (error instanceof StoreError) return 'error';
    throw error;
  }
}
