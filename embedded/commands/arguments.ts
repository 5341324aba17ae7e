// The arguments of a command, looked up by name and checked for their type.
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { typeName } from '../update/operators.ts';
import type { Request } from '../wire/message.ts';

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
    if (value === undefined) {
      throw storeError('FailedToParse', `BSON field '${this.command}.${name}' is missing but a required field`);
    }
    if (value.type !== bsonType.array) throw this.wrongType(name, value, 'array');
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

  private wrongType(name: string, value: Raw, wanted: string): Error {
    const is = typeName(value);
    return storeError(
      'TypeMismatch',
      `BSON field '${this.command}.${name}' is the wrong type '${is}', expected type '${wanted}'`,
    );
  }
}
