// JSON Schema (2020-12) of messages in the edge's JSON, as OpenAPI 3.1 and AsyncAPI 3 both take it. Bounds that hold
// where a field names none are a request's: what is answered or pushed is not held to them, and its schema has none.

import type { Api } from '../api.ts';
import { limits } from '../limits.ts';
import type { EnumShape, FieldShape, MessageShape, ScalarName, Special } from '../shape.ts';

export type Schema = { readonly [key: string]: unknown };

type Side = 'request' | 'answer';

/** Collects the schemas that a document refers to. */
export type Schemas = {
  /** A reference to a message's schema, which is collected with all that it refers to. */
  refer(shape: MessageShape): Schema;
  /** The schema of one field of a request, with its comment. */
  field(field: FieldShape): Schema;
  /** What was referred to, by name. */
  readonly collected: { [name: string]: Schema };
};

const safe = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const int32 = { type: 'integer', format: 'int32' };
const int64 = { type: 'integer', format: 'int64', ...safe };
const uint32 = { type: 'integer', minimum: 0, maximum: 0xffffffff };
const uint64 = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const scalars: Readonly<Record<ScalarName, Schema>> = {
  double: { type: 'number', format: 'double' },
  float: { type: 'number', format: 'float' },
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
  bool: { type: 'boolean' },
  string: { type: 'string' },
  bytes: { type: 'string', contentEncoding: 'base64' },
};

const specials: Readonly<Record<Exclude<Special, 'none' | 'wrapper'>, Schema>> = {
  timestamp: { type: 'string', format: 'date-time' },
  duration: { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$', examples: ['1.5s'] },
  mask: { type: 'string', examples: ['title,place.name'] },
  struct: { type: 'object' },
  value: {},
  list: { type: 'array' },
};

/** `prefix` stands before a name in a reference, such as `#/components/schemas/`. */
export function collectSchemas(api: Api, prefix: string): Schemas {
  const collected: { [name: string]: Schema } = {};
  const names = schemaNames(api);
  const comment = (described: { readonly proto: object } | undefined) => {
    const text = described && api.comments.get(described.proto);
    return text ? { description: text } : {};
  };
  const answered = answeredShapes(api);
  const refer = (shape: MessageShape): Schema => {
    if (shape.special === 'wrapper') return scalarSchema(shape.fields[0]!, 'request');
    if (shape.special !== 'none') return specials[shape.special];
    const name = names.get(shape.name)!;
    if (!Object.hasOwn(collected, name)) {
      collected[name] = {};
      const side = answered.has(shape) ? 'answer' : 'request';
      const schema = messageSchemaOf(shape, (field) => fieldSchema(field, side));
      collected[name] = { ...comment(shape.desc), ...schema };
    }
    return { $ref: prefix + name };
  };
  const single = (shape: FieldShape, side: Side): Schema => {
    if (shape.message) return refer(shape.message);
    return shape.enum ? enumSchema(shape.enum) : scalarSchema(shape, side);
  };
  const fieldSchema = (shape: FieldShape, side: Side): Schema => {
    const { min, max } = itemBounds(shape, side);
    const about = comment(shape.desc);
    if (shape.list) {
      const bounds = { ...(min > 0 && { minItems: min }), ...(max > 0 && { maxItems: max }) };
      return { ...about, type: 'array', items: single(shape, side), ...bounds };
    }
    if (!shape.map) return { ...about, ...single(shape, side) };
    const additionalProperties = single(shape.map.value, side);
    return { ...about, type: 'object', additionalProperties, ...(max > 0 && { maxProperties: max }) };
  };
  return { refer, field: (shape) => fieldSchema(shape, 'request'), collected };
}

/** Every message that an answer or an event can hold; some are parts of requests, too. */
function answeredShapes(api: Api): ReadonlySet<MessageShape> {
  const found = new Set<MessageShape>();
  const add = (shape: MessageShape | undefined): void => {
    if (shape === undefined || found.has(shape)) return;
    found.add(shape);
    for (const { message, map } of shape.fields) add(message ?? map?.value.message);
  };
  for (const { response } of api.methods.values()) add(response.shape);
  for (const { message } of api.pushes.values()) add(message.shape);
  return found;
}

/** 0: none. An empty list of an answer is shown, however many items a request would need. */
function itemBounds({ rule }: FieldShape, side: Side): { readonly min: number; readonly max: number } {
  if (side === 'request') return { min: rule.minItems, max: rule.maxItems || limits.items };
  return { min: rule.required ? rule.minItems : 0, max: rule.maxItems };
}

function messageSchemaOf(shape: MessageShape, field: (shape: FieldShape) => Schema): Schema {
  if (shape.tuple) {
    const size = shape.fields.length;
    return { type: 'array', prefixItems: shape.fields.map(field), minItems: size, maxItems: size };
  }
  return objectSchema(shape.fields, shape.response, field);
}

/** An object of these fields. Of an answer all are there that have no presence of their own. */
export function objectSchema(
  fields: readonly FieldShape[],
  response: boolean,
  field: (shape: FieldShape) => Schema,
): Schema {
  const properties: { [name: string]: Schema } = {};
  for (const shape of fields) {
    properties[shape.name] = field(shape);
    const first = shape.rule.jsonFirst;
    if (first !== '')
      properties[first] = {
        ...(field({ ...shape, list: false }) as object),
        description: `The first of \`${shape.name}\`.`,
      };
  }
  const required = fields
    .filter(({ rule, presence }) => rule.required || (response && !presence))
    .map(({ name }) => name);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function enumSchema({ names }: EnumShape): Schema {
  return { type: 'string', enum: [...names].filter(([number]) => number !== 0).map(([, name]) => name) };
}

function scalarSchema({ type, rule, presence }: FieldShape, side: Side): Schema {
  const schema = scalars[type as ScalarName];
  // An answer shows what is absent as zero or empty text, which keeps no rule and needs none.
  const held = side === 'request' || rule.required || presence;
  const range = {
    ...(held && rule.min !== undefined && { minimum: rule.min }),
    ...(rule.max !== undefined && { maximum: rule.max }),
  };
  if (type !== 'string') return { ...schema, ...range };
  const pattern = rule.id ? '[0-9]{12}' : rule.pattern;
  const maxLength = rule.id ? 0 : rule.maxLength || (side === 'request' ? limits.stringLength : 0);
  return {
    ...schema,
    ...(held && rule.minLength > 0 && { minLength: rule.minLength }),
    ...(maxLength > 0 && { maxLength }),
    ...(pattern !== '' && { pattern: held ? `^(?:${pattern})$` : `^(?:${pattern})?$` }),
    ...(rule.id && { examples: ['000000000042'] }),
    ...(rule.url && held && { format: 'uri' }),
  };
}

/** A message's own name; where two packages have one of the same name, with the package's before it. */
function schemaNames(api: Api): ReadonlyMap<string, string> {
  const local = ({ shape }: { readonly shape: MessageShape }) =>
    shape.name.slice(shape.desc.file.proto.package.length + 1).replaceAll('.', '');
  const count = new Map<string, number>();
  const messages = [...api.messages.values()];
  for (const message of messages) count.set(local(message), (count.get(local(message)) ?? 0) + 1);
  return new Map(
    messages.map((message) => {
      const area = message.shape.desc.file.proto.package.split('.').at(-2) ?? '';
      const before = count.get(local(message)) === 1 ? '' : area.charAt(0).toUpperCase() + area.slice(1);
      return [message.name, before + local(message)];
    }),
  );
}

/** The `error` of a reply and the members of a problem, as errors/problem.ts makes them. */
export const errorSchema: Schema = {
  type: 'object',
  properties: {
    code: { type: 'string', description: "gRPC's status code by name.", examples: ['PERMISSION_DENIED'] },
    reason: { type: 'string', description: 'Of the closed list of reasons.', examples: ['NOT_A_MEMBER'] },
    message: { type: 'string', description: 'What is wrong and what to do, for people.' },
    retry_after_ms: { type: 'integer', description: 'How long to wait before trying again; 0: no wait is asked for.' },
    violations: {
      type: 'array',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, description: { type: 'string' } },
        required: ['field', 'description'],
      },
    },
    metadata: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['code', 'reason', 'message', 'retry_after_ms'],
};
