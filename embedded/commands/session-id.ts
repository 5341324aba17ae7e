// The id of a session, as drivers send it.
import { bsonType, fieldOf, type Raw } from '../bson/raw.ts';

/** The 16 bytes of an lsid's UUID. */
export function sessionId(lsid: Raw | undefined): Buffer | undefined {
  const id = lsid?.type === bsonType.object ? fieldOf(lsid, 'id') : undefined;
  if (id?.type !== bsonType.binary || id.end - id.start !== 21) return undefined;
  return Buffer.from(id.bytes.subarray(id.start + 5, id.end));
}
