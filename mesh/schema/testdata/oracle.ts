// The edge's JSON and protobuf's own JSON, each from the other: every difference between them, and no more.

import {
  createRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import type { Json, JsonObject } from '../arbitrary.ts';
import type { FieldShape, MessageShape } from '../shape.ts';

const registry = createRegistry();

/** Bytes of the edge's JSON, made by @bufbuild/protobuf. */
export function oracleEncode(shape: MessageShape, json: Json): Uint8Array {
  const desc = shape.desc as DescMessage;
  return toBinary(desc, fromJson(desc, toProtoJson(shape, json) as JsonValue, { registry }));
}

/** The edge's JSON of bytes, made by @bufbuild/protobuf. */
export function oracleDecode(shape: MessageShape, bytes: Uint8Array): Json {
  const desc = shape.desc as DescMessage;
  const options = { registry, useProtoFieldName: true };
  return toEdgeJson(shape, toJson(desc, fromBinary(desc, bytes), options) as Json);
}

function toProtoJson(shape: MessageShape, json: Json): Json {
  if (shape.special === 'mask') return camelPaths(String(json));
  if (shape.special !== 'none') return json;
  if (shape.tuple) return Object.fromEntries(shape.fields.map((field, i) => [field.name, (json as Json[])[i]!]));
  const members = Object.entries(json as JsonObject).map(([key, value]) => {
    const field = shape.byName.get(key)!;
    return [
      key,
      each(field, value, (type, inner) => single(type, inner, toProtoJson, (e, name) => protoName(e, String(name)))),
    ];
  });
  return Object.fromEntries(members);
}

function toEdgeJson(shape: MessageShape, json: Json): Json {
  if (shape.special === 'mask') return snakePaths(String(json));
  if (shape.special === 'wrapper' && shape.fields[0]!.type.endsWith('64')) return Number(json);
  if (shape.special !== 'none') return json;
  const proto = json as JsonObject;
  if (shape.tuple) return shape.fields.map((field) => proto[field.name] ?? 0);
  const edge: JsonObject = {};
  for (const field of shape.fields) {
    const value = proto[field.name];
    if (value === undefined) continue;
    edge[field.name] = each(field, value, (type, inner) =>
      single(type, inner, toEdgeJson, (e, name) => edgeName(e, name)),
    );
    if (field.rule.jsonFirst !== '') edge[field.rule.jsonFirst] = (edge[field.name] as Json[])[0]!;
  }
  for (const field of shape.fields) {
    const shown = !field.presence && (shape.response || field.rule.required);
    if (shown) edge[field.name] ??= field.list ? [] : field.map ? {} : zero(field);
  }
  return edge;
}

type EnumShape = NonNullable<FieldShape['enum']>;

function each(field: FieldShape, value: Json, change: (type: FieldShape, value: Json) => Json): Json {
  if (field.list) return (value as Json[]).map((item) => change(field, item));
  if (!field.map) return change(field, value);
  const entries = Object.entries(value as JsonObject).map(
    ([key, item]) => [key, change(field.map!.value, item)] as const,
  );
  return Object.fromEntries(entries);
}

function single(
  field: FieldShape,
  value: Json,
  change: (shape: MessageShape, value: Json) => Json,
  name: (e: EnumShape, value: Json) => Json,
): Json {
  if (field.message) return change(field.message, value);
  if (field.enum) return name(field.enum, value);
  return field.type.endsWith('64') && typeof value === 'string' ? Number(value) : value;
}

function protoName(e: EnumShape, name: string): string {
  return e.desc.values.find((value) => value.number === e.numbers.get(name))!.name;
}

function edgeName(e: EnumShape, name: Json): Json {
  return typeof name === 'number' ? name : e.names.get(e.desc.values.find((value) => value.name === name)!.number)!;
}

function zero(field: FieldShape): Json {
  if (field.enum) return 'unspecified';
  return field.type === 'string' || field.type === 'bytes' ? '' : field.type === 'bool' ? false : 0;
}

function camelPaths(paths: string): string {
  return paths.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakePaths(paths: string): string {
  return paths.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
