// A message's shape: its descriptor, rules and names as validators, codecs and documents are compiled from.

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { FieldRule } from '../../gen/circuit/options/v1/options.ts';
import { fieldRule, jsonRule, noFieldRule } from './options.ts';

export type ScalarName =
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes';

export type FieldShape = {
  /** As in the .proto: snake_case, which is also its name in JSON. */
  readonly name: string;
  readonly number: number;
  /** Its position in the message's `fields`. */
  readonly index: number;
  readonly type: ScalarName | 'enum' | 'message';
  /** Repeated, and no map. */
  readonly list: boolean;
  /** Present where the field is a map. */
  readonly map?: MapShape;
  /** The type of a message (of each item of a list). */
  readonly message?: MessageShape;
  readonly enum?: EnumShape;
  /** Absent differs from zero: messages, members of a oneof, and scalars marked `optional`. */
  readonly presence: boolean;
  /** Position of its oneof in the message; −1: in none. */
  readonly oneof: number;
  readonly rule: FieldRule;
  readonly desc?: DescField;
};

export type MapShape = { readonly key: FieldShape; readonly value: FieldShape };

export type EnumShape = {
  readonly name: string;
  /** JSON names (`direct`) by number. */
  readonly names: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly desc: DescEnum;
};

/** Messages of google.protobuf whose JSON is not an object of their fields. */
export type Special = 'timestamp' | 'duration' | 'mask' | 'struct' | 'value' | 'list' | 'wrapper' | 'none';

export type MessageShape = {
  readonly name: string;
  readonly fields: readonly FieldShape[];
  readonly byName: ReadonlyMap<string, FieldShape>;
  /** By number; sparse. */
  readonly byNumber: ReadonlyMap<number, FieldShape>;
  readonly oneofs: readonly string[];
  readonly special: Special;
  /** In JSON an array of its fields in the order of their numbers. */
  readonly tuple: boolean;
  /** Answers of RPCs show their own empty lists and zero scalars in JSON. */
  readonly response: boolean;
  /** Of a request with a field `update_mask`: what the mask speaks of. */
  readonly update?: UpdateShape;
  readonly desc: DescMessage;
};

export type UpdateShape = {
  /** The field that the mask's paths are relative to (the HTTP binding's body); empty: the request itself. */
  readonly resource: string;
  /** Fields of the request that are no part of what is updated: the mask, the path's variables, the request id, … */
  readonly outside: ReadonlySet<string>;
};

/** What a message is in the API's methods. */
export type Role = { readonly response: boolean; readonly update?: UpdateShape };

const specials: Readonly<Record<string, Special>> = {
  Timestamp: 'timestamp',
  Duration: 'duration',
  FieldMask: 'mask',
  Struct: 'struct',
  Value: 'value',
  ListValue: 'list',
  DoubleValue: 'wrapper',
  FloatValue: 'wrapper',
  Int64Value: 'wrapper',
  UInt64Value: 'wrapper',
  Int32Value: 'wrapper',
  UInt32Value: 'wrapper',
  BoolValue: 'wrapper',
  StringValue: 'wrapper',
  BytesValue: 'wrapper',
};

const scalars: Readonly<Record<ScalarType, ScalarName>> = {
  [ScalarType.DOUBLE]: 'double',
  [ScalarType.FLOAT]: 'float',
  [ScalarType.INT64]: 'int64',
  [ScalarType.UINT64]: 'uint64',
  [ScalarType.INT32]: 'int32',
  [ScalarType.FIXED64]: 'fixed64',
  [ScalarType.FIXED32]: 'fixed32',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: 'bytes',
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.SFIXED32]: 'sfixed32',
  [ScalarType.SFIXED64]: 'sfixed64',
  [ScalarType.SINT32]: 'sint32',
  [ScalarType.SINT64]: 'sint64',
};

/** Makes shapes of messages, each once, so that messages may hold themselves. */
export function shapeSource(roleOf: (message: DescMessage) => Role): (message: DescMessage) => MessageShape {
  const shapes = new Map<string, MessageShape>();
  const enums = new Map<string, EnumShape>();
  const enumOf = (desc: DescEnum) => {
    const known = enums.get(desc.typeName);
    if (known) return known;
    const made = enumShape(desc);
    enums.set(desc.typeName, made);
    return made;
  };
  const shapeOf = (desc: DescMessage): MessageShape => {
    const known = shapes.get(desc.typeName);
    if (known) return known;
    const fields: FieldShape[] = [];
    const byName = new Map<string, FieldShape>();
    const byNumber = new Map<number, FieldShape>();
    const local = desc.typeName.startsWith('google.protobuf.') ? desc.typeName.slice('google.protobuf.'.length) : '';
    const shape: MessageShape = {
      name: desc.typeName,
      fields,
      byName,
      byNumber,
      oneofs: desc.oneofs.map((oneof) => oneof.name),
      special: (Object.hasOwn(specials, local) ? specials[local] : undefined) ?? 'none',
      tuple: jsonRule(desc)?.tuple ?? false,
      ...roleOf(desc),
      desc,
    };
    shapes.set(desc.typeName, shape);
    const ordered = desc.fields.toSorted((a, b) => a.number - b.number);
    for (const [index, field] of ordered.entries()) {
      const made = fieldShape(field, index, shapeOf, enumOf);
      fields.push(made);
      byName.set(made.name, made);
      byNumber.set(made.number, made);
    }
    return shape;
  };
  return shapeOf;
}

function fieldShape(
  desc: DescField,
  index: number,
  shapeOf: (message: DescMessage) => MessageShape,
  enumOf: (desc: DescEnum) => EnumShape,
): FieldShape {
  const common = {
    name: desc.name,
    number: desc.number,
    index,
    list: desc.fieldKind === 'list',
    presence: hasPresence(desc),
    oneof: desc.oneof ? desc.parent.oneofs.indexOf(desc.oneof) : -1,
    rule: fieldRule(desc),
    desc,
  };
  if (desc.fieldKind === 'map') {
    const value = { ...common, list: false, presence: false, oneof: -1, name: 'value', number: 2, index: 1 };
    const typed =
      desc.mapKind === 'message'
        ? { ...value, type: 'message' as const, message: shapeOf(desc.message) }
        : desc.mapKind === 'enum'
          ? { ...value, type: 'enum' as const, enum: enumOf(desc.enum) }
          : { ...value, type: scalars[desc.scalar] };
    const key: FieldShape = {
      ...value,
      name: 'key',
      number: 1,
      index: 0,
      type: scalars[desc.mapKey],
      rule: noFieldRule,
    };
    return { ...common, type: 'message', map: { key, value: typed } };
  }
  if (desc.message) return { ...common, type: 'message', message: shapeOf(desc.message) };
  if (desc.enum) return { ...common, type: 'enum', enum: enumOf(desc.enum) };
  return { ...common, type: scalars[desc.scalar as ScalarType] };
}

function hasPresence(desc: DescField): boolean {
  if (desc.fieldKind === 'list' || desc.fieldKind === 'map') return false;
  return desc.oneof !== undefined || desc.presence !== FeatureSet_FieldPresence.IMPLICIT;
}

function enumShape(desc: DescEnum): EnumShape {
  const prefix = desc.sharedPrefix?.length ?? 0;
  const names = new Map<number, string>();
  const numbers = new Map<string, number>();
  for (const value of desc.values) {
    const name = value.name.slice(prefix).toLowerCase();
    if (!names.has(value.number)) names.set(value.number, name);
    numbers.set(name, value.number);
  }
  return { name: desc.typeName, names, numbers, desc };
}
