// The arguments of a command, looked up by name and checked for their type.
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { typeName } from '../update/operators.ts';
import type { Request } from '../wire/message.ts';

/** Names of fields, and which of them there must be. */
export type Fields = { readonly known: ReadonlySet<string>; readonly needed: readonly string[] };

/** From names; a ! behind one says that it is needed. */
export function fieldsFrom(names: string): Fields {
  const all = names.split(' ');
  const needed = all.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1));
  return { known: new Set(all.map((name) => name.replace('!', ''))), needed };
}

/** Throws as MongoDB for a field it does not know (40415) and for one that is missing (40414). */
export function checkFields(owner: string, names: Iterable<string>, { known, needed }: Fields): void {
  const given = new Set(names);
  for (const name of given) {
    if (!known.has(name)) throw numberedError(40415, `BSON field '${owner}.${name}' is an unknown field.`);
  }
  for (const name of needed) {
    if (!given.has(name)) throw numberedError(40414, `BSON field '${owner}.${name}' is missing but a required field`);
  }
}

/** What any command may carry: for sessions, concerns, time, and what drivers say of themselves. */
const always: ReadonlySet<string> = new Set(
  (
    '$db $clusterTime $readPreference lsid txnNumber autocommit startTransaction readConcern writeConcern maxTimeMS ' +
    'comment apiVersion apiStrict apiDeprecationErrors stmtId stmtIds rawData'
  ).split(' '),
);

export class Arguments {
  readonly command: string;
  readonly values: ReadonlyMap<string, Raw>;
  private readonly sequences: ReadonlyMap<string, readonly Raw[]>;

  constructor(request: Pick<Request, 'body' | 'sequences'>) {
    const fields = fieldsOf(request.body);
    this.command = fields[0]?.[0] ?? '';
    this.values = new Map(fields);
    this.sequences = request.sequences;
  }

  /** Throws as checkFields. */
  check(fields: Fields): void {
    const own = [...this.values.keys(), ...this.sequences.keys()].slice(1).filter((name) => !always.has(name));
    checkFields(this.command, own, fields);
  }

  get(name: string): Raw | undefined {
    const value = this.values.get(name);
    return value === undefined || value.type === bsonType.null || value.type === bsonType.undefined ? undefined : value;
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (value.type !== bsonType.string) throw this.wrongType(name, value, 'string');
    return textOf(value);
  }

  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!isNumber(value)) throw this.wrongType(name, value, 'number');
    return numberOf(value);
  }

  /** A whole number of 0 or more. */
  size(name: string): number | undefined {
    const size = this.number(name);
    if (size === undefined) return undefined;
    if (!Number.isFinite(size)) throw storeError('BadValue', `Field '${name}' must be a finite number`);
    if (size < 0) throw numberedError(51024, `BSON field '${name}' value must be >= 0, actual value '${size}'`);
    return Math.trunc(size);
  }

  flag(name: string): boolean {
    const value = this.get(name);
    if (value !== undefined && value.type !== bsonType.bool && !isNumber(value))
      throw this.wrongType(name, value, 'bool');
    return truthOf(value);
  }

  document(name: string): Raw | undefined {
    const value = this.get(name);
    if (value !== undefined && value.type !== bsonType.object) throw this.wrongType(name, value, 'object');
    return value;
  }

  /** An array of documents, from a document sequence or a field. */
  documents(name: string): readonly Raw[] {
    const sequence = this.sequences.get(name);
    if (sequence !== undefined) return sequence;
    const value = this.get(name);
    if (value?.type !== bsonType.array) throw this.wrongType(name, value, 'array');
    const elements = elementsOf(value);
    for (const element of elements) if (element.type !== bsonType.object) throw this.wrongType(name, element, 'object');
    return elements;
  }

  /** The collection a command names in its first field. */
  collection(): string {
    const value = this.values.get(this.command)!;
    if (value.type !== bsonType.string) {
      throw storeError('InvalidNamespace', `collection name has invalid type ${typeName(value)}`);
    }
    return textOf(value);
  }

  private wrongType(name: string, value: Raw | undefined, wanted: string): Error {
    const is = value === undefined ? 'null' : typeName(value);
    return storeError(
      'TypeMismatch',
      `BSON field '${this.command}.${name}' is the wrong type '${is}', expected type '${wanted}'`,
    );
  }
}
