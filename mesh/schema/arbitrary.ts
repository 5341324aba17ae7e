// Random messages by their descriptors, for fast-check: within all rules, or broken in ways callers think of.
// For tests and fuzzers only: nothing that runs in production imports this.

import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { MessageSchema } from './api.ts';
import { limits } from './limits.ts';
import type { FieldShape, MessageShape, ScalarName, Special } from './shape.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Messages in messages in messages: enough to meet every type, few enough to stay small. */
const depthMax = 3;
const itemsMax = 4;
const textMax = 40;

/** The edge's JSON of a message that keeps every rule. */
export function arbitraryJson(shape: MessageShape): fc.Arbitrary<Json> {
  return messageOf(shape, depthMax);
}

/** Made once for each message and depth: making them takes longer than using them. */
const made = new WeakMap<MessageShape, fc.Arbitrary<Json>[]>();

/** The same message, encoded. */
export function arbitraryBytes(schema: MessageSchema): fc.Arbitrary<Uint8Array> {
  return arbitraryJson(schema.shape).map((json) => schema.encodeJson(json));
}

/** JSON that once was a message's: with values swapped, lost, doubled, nested without end, and keys that are traps. */
export function mutatedJson(schema: MessageSchema): fc.Arbitrary<Json> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(5), oddValue), { minLength: 1, maxLength: 4 });
  return fc.tuple(arbitraryJson(schema.shape), changes).map(([json, list]) => {
    let changed = json;
    for (const [place, kind, value] of list) changed = changeJson(changed, place, kind, value);
    return changed;
  });
}

/** Bytes that once were a message's: with bytes flipped, lost, doubled, cut off, or of another message. */
export function mutatedBytes(schema: MessageSchema): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.nat(255)), { minLength: 1, maxLength: 4 });
  return fc.tuple(arbitraryBytes(schema), changes).map(([bytes, list]) => {
    let changed = [...bytes];
    for (const [place, kind, byte] of list) changed = changeBytes(changed, place, kind, byte);
    return Uint8Array.from(changed);
  });
}

function messageOf(shape: MessageShape, depth: number): fc.Arbitrary<Json> {
  const known = made.get(shape) ?? [];
  made.set(shape, known);
  const at = Math.max(0, depth);
  known[at] ??= makeMessage(shape, at);
  return known[at];
}

function makeMessage(shape: MessageShape, depth: number): fc.Arbitrary<Json> {
  if (shape.special !== 'none') return specialOf(shape, depth);
  const fields = shape.fields.filter((field) => depth > 0 || field.rule.required || field.type !== 'message');
  if (shape.tuple) return fc.tuple(...fields.map((field) => singleOf(field, depth)));
  const free = fields.filter((field) => field.oneof < 0);
  const required = free.filter((field) => field.rule.required).map((field) => field.name);
  const members = Object.fromEntries(free.map((field) => [field.name, fieldOf(field, depth)]));
  const plain: fc.Arbitrary<JsonObject> = fc.record(members, { requiredKeys: required, noNullPrototype: true });
  const chosen = shape.oneofs.map((_, i) => {
    const options = fields
      .filter((field) => field.oneof === i)
      .map((field) => fieldOf(field, depth).map((value) => ({ [field.name]: value })));
    return fc.oneof(fc.constant<JsonObject>({}), ...options);
  });
  return fc.tuple(plain, ...chosen).map((parts) => Object.assign({}, ...parts) as JsonObject);
}

function fieldOf(field: FieldShape, depth: number): fc.Arbitrary<Json> {
  const { rule } = field;
  const max = Math.min(rule.maxItems || limits.items, Math.max(itemsMax, rule.minItems));
  if (field.map) {
    const keys = keyOf(field.map.key.type as ScalarName);
    return fc.dictionary(keys, singleOf(field.map.value, depth), { maxKeys: max, noNullPrototype: true });
  }
  if (!field.list) return singleOf(field, depth);
  return fc.array(singleOf(field, depth), {
    minLength: Math.max(rule.minItems, rule.required ? 1 : 0),
    maxLength: max,
  });
}

function keyOf(type: ScalarName): fc.Arbitrary<string> {
  if (type === 'bool') return fc.constantFrom('true', 'false');
  if (type !== 'string') return fc.nat().map(String);
  return fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__');
}

function singleOf(field: FieldShape, depth: number): fc.Arbitrary<Json> {
  if (field.message) return messageOf(field.message, depth - 1);
  const { rule } = field;
  switch (field.type) {
    case 'enum':
      return fc.constantFrom(
        ...[...field.enum!.names].filter(([number]) => number !== 0 || !rule.required).map(([, name]) => name),
      );
    case 'string':
      return stringOf(field);
    case 'bytes':
      return fc
        .uint8Array({ minLength: rule.required ? 1 : 0, maxLength: Math.min(rule.maxBytes || limits.bytes, 30) })
        .map(base64);
    case 'bool':
      return fc.boolean();
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: rule.min ?? -1e300, max: rule.max ?? 1e300 });
    case 'float':
      return fc.float({
        noNaN: true,
        noDefaultInfinity: true,
        min: Math.fround(rule.min ?? -1e30),
        max: Math.fround(rule.max ?? 1e30),
      });
    default:
      return wholeOf(field.type as ScalarName, rule.min, rule.max);
  }
}

function stringOf({ rule }: FieldShape): fc.Arbitrary<Json> {
  if (rule.id) return fc.integer({ min: 0, max: 999_999_999 }).map((number) => String(number).padStart(12, '0'));
  if (rule.url)
    return fc
      .webUrl({ validSchemes: ['http', 'https'] })
      .filter((url) => url.length <= (rule.maxLength || limits.stringLength));
  const min = Math.max(rule.minLength, rule.required ? 1 : 0);
  const max = rule.maxLength || limits.stringLength;
  if (rule.pattern !== '') {
    const matching = fc.stringMatching(new RegExp(`^(?:${rule.pattern})$`, 'u'));
    return matching.filter((text) => text.length >= min && text.length <= max);
  }
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: min, maxLength: textMax }),
    fc.string({ minLength: min, maxLength: textMax }),
  );
  return text.filter((made) => made.length >= min && made.length <= max);
}

function wholeOf(type: ScalarName, min?: number, max?: number): fc.Arbitrary<number> {
  const unsigned = type.startsWith('u') || type.startsWith('fixed');
  const [low, high] = type.endsWith('64')
    ? [unsigned ? 0 : Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    : unsigned
      ? [0, 0xffffffff]
      : [-0x80000000, 0x7fffffff];
  return fc.integer({ min: Math.ceil(Math.max(low, min ?? low)), max: Math.floor(Math.min(high, max ?? high)) });
}

function specialOf(shape: MessageShape, depth: number): fc.Arbitrary<Json> {
  if (shape.special === 'wrapper') return singleOf(shape.fields[0]!, depth);
  return specials(shape.special as Exclude<Special, 'wrapper' | 'none'>);
}

function specials(special: Exclude<Special, 'wrapper' | 'none'>): fc.Arbitrary<Json> {
  const plainKey = fc.string({ minLength: 1, maxLength: 6 }).filter((key) => key !== '__proto__');
  const free = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(plainKey, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  switch (special) {
    case 'timestamp':
      return fc
        .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
        .map((date) => date.toISOString().replace('.000Z', 'Z'));
    case 'duration':
      return fc.integer({ min: -1e9, max: 1e9 }).map((ms) => `${ms / 1000}s`);
    case 'mask':
      return fc
        .array(fc.stringMatching(/^[a-z]{1,5}(_[a-z]{1,4})?(\.[a-z]{1,5})?$/), { maxLength: 3 })
        .map((paths) => paths.join());
    case 'value':
      return free;
    case 'list':
      return fc.array(free, { maxLength: 3 });
    case 'struct':
      return fc.dictionary(plainKey, free, { maxKeys: 3, noNullPrototype: true });
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const nested = (depth: number, inside: Json): Json =>
  depth === 0 ? inside : depth % 2 ? [nested(depth - 1, inside)] : { within: nested(depth - 1, inside) };

const oddValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    -(2 ** 63),
    '',
    'null',
    '\ud800',
    '\u2028\u0000',
    '9'.repeat(30),
    [],
    {},
    [[]],
  ),
  fc.constantFrom<Json>(
    '2026-02-30T00:00:00Z',
    '-1s',
    'unspecified',
    '../../x',
    'x'.repeat(5000),
    JSON.parse('{"__proto__":{"a":1}}') as Json,
  ),
  fc.constant(nested(200, 1)),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

const trapKeys = ['__proto__', 'constructor', 'toString', '\udfff', '', 'unknown_field'];

/** Changes the value at one place of the tree, counted depth first. */
function changeJson(json: Json, place: number, kind: number, value: Json): Json {
  if (typeof json !== 'object' || json === null || kind === 0) return value;
  const keys = Object.keys(json);
  const key = keys[place % Math.max(1, keys.length)];
  const copy: Json[] | JsonObject = Array.isArray(json) ? [...json] : { ...json };
  const put = (name: string, inner: Json) =>
    Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true, writable: true });
  if (kind === 1 && !Array.isArray(copy)) put(trapKeys[place % trapKeys.length]!, value);
  else if (key === undefined) return value;
  else if (kind === 2 && !Array.isArray(copy)) delete copy[key];
  else if (kind === 3 && Array.isArray(copy)) copy.push(...copy, value);
  else if (kind === 4) put(key, value);
  else put(key, changeJson((json as JsonObject)[key]!, Math.floor(place / 7), kind === 5 ? 5 : 4, value));
  return copy;
}

function changeBytes(bytes: number[], place: number, kind: number, byte: number): number[] {
  if (bytes.length === 0) return [byte];
  const at = place % (bytes.length + 1);
  if (kind === 0) return bytes.with(place % bytes.length, byte);
  if (kind === 1) return bytes.toSpliced(at, 1 + (byte % 3));
  if (kind === 2) return bytes.toSpliced(at, 0, byte);
  if (kind === 3) return bytes.slice(0, at);
  return [...bytes, ...bytes.slice(at)];
}
