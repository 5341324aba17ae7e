// Makes BSON from JavaScript values and raw values together, for replies and for updated documents.
import { BSON } from 'bson';
import { storeError } from '../errors.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { bsonType, type Raw, valueEnd } from './raw.ts';

/** Marks bytes that are already a value, so that they are copied as they are. */
export function isRaw(value: unknown): value is Raw {
  return (
    typeof value === 'object' && value !== null && 'bytes' in value && Buffer.isBuffer(value.bytes) && 'start' in value
  );
}

/** Writes BSON. */
export class BsonWriter extends GrowingBytes {
  constructor(size = 1024) {
    super(size);
  }

  /** Starts a document; give the answer to `close`. */
  open(): number {
    this.reserve(5);
    const at = this.length;
    this.length += 4;
    return at;
  }

  close(at: number): void {
    this.byte(0);
    this.bytes.writeInt32LE(this.length - at, at);
  }

  head(type: number, name: string): void {
    if (name.includes('\0')) throw storeError('BadValue', 'a field name may not contain a NUL');
    this.reserve(2 + name.length * 3);
    this.bytes[this.length++] = type;
    this.length += this.bytes.write(name, this.length, 'utf8');
    this.bytes[this.length++] = 0;
  }

  raw(value: Raw): void {
    this.copy(value.bytes, value.start, value.end);
  }

  field(name: string, value: unknown): void {
    if (isRaw(value)) {
      this.head(value.type, name);
      this.raw(value);
    } else if (typeof value === 'number' && Number.isInteger(value) && !Object.is(value, -0) && (value | 0) === value) {
      this.head(bsonType.int, name);
      this.reserve(4);
      this.length = this.bytes.writeInt32LE(value, this.length);
    } else if (Array.isArray(value)) {
      this.head(bsonType.array, name);
      const at = this.open();
      for (let i = 0; i < value.length; i++) this.field(String(i), value[i]);
      this.close(at);
    } else if (isPlain(value)) {
      this.head(bsonType.object, name);
      this.document(value);
    } else if (value !== undefined) {
      this.element(name, value);
    }
  }

  document(value: Readonly<Record<string, unknown>>): void {
    const at = this.open();
    for (const [name, inner] of Object.entries(value)) this.field(name, inner);
    this.close(at);
  }

  private element(name: string, value: unknown): void {
    const inner = rawOf(value);
    this.head(inner.type, name);
    this.raw(inner);
  }

  taken(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A document of JavaScript and raw values, as bytes. */
export function encodeDocument(value: Readonly<Record<string, unknown>>): Buffer {
  const out = new BsonWriter();
  out.document(value);
  return out.taken();
}

/** Any JavaScript value as a raw value. Whole numbers of 32 bits become int, other numbers double. */
export function rawOf(value: unknown): Raw {
  if (isRaw(value)) return value;
  if (Array.isArray(value) || isPlain(value)) {
    const out = new BsonWriter();
    const at = out.open();
    out.field('v', value);
    out.close(at);
    return only(out.taken());
  }
  return only(Buffer.from(BSON.serialize({ v: value === undefined ? null : value }, { ignoreUndefined: false })));
}

/** The value of a document's first field. */
function only(bytes: Buffer): Raw {
  const start = 4 + 1 + 2;
  return { type: bytes[4]!, bytes, start, end: valueEnd(bytes[4]!, bytes, start) };
}

/** A raw value as JavaScript sees it: int and double as numbers, long as bigint-free number where it is exact. */
export function jsOf(value: Raw, options: { readonly promote?: boolean } = {}): unknown {
  const out = new BsonWriter(value.end - value.start + 16);
  const at = out.open();
  out.field('v', value);
  out.close(at);
  return BSON.deserialize(out.taken(), {
    promoteValues: options.promote ?? true,
    promoteLongs: options.promote ?? true,
    promoteBuffers: false,
    bsonRegExp: options.promote === false,
  }).v;
}
