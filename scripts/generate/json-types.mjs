// gen/json/api.ts: the JSON of the edge as TypeScript types, for everything that a socket says or hears.
// Types only, and the table of reasons: whoever imports them carries next to nothing.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ScalarType } from '@bufbuild/protobuf';
import { commentsOf } from './comments.mjs';
import { optionOf } from './descriptors.mjs';

const specials = {
  Timestamp: 'string',
  Duration: 'string',
  FieldMask: 'string',
  Struct: '{ readonly [key: string]: unknown }',
  Value: 'unknown',
  ListValue: 'readonly unknown[]',
  DoubleValue: 'number',
  FloatValue: 'number',
  Int64Value: 'number',
  UInt64Value: 'number',
  Int32Value: 'number',
  UInt32Value: 'number',
  BoolValue: 'boolean',
  StringValue: 'string',
  BytesValue: 'string',
};

export function generateJsonTypes(registry, target) {
  const text = jsonTypes(registry);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

/** The text of gen/json/api.ts. */
export function jsonTypes(registry) {
  const methods = [...registry].filter(isService).flatMap((service) => service.methods);
  const calls = methods.filter((method) => optionOf(registry, method, 'method')?.event);
  const pushes = [...registry].filter((type) => type.kind === 'message' && optionOf(registry, type, 'push'));
  const types = reachable([...calls.flatMap((method) => [method.input, method.output]), ...pushes]);
  const scope = {
    registry,
    comments: commentsOf(registry),
    names: namesOf(types),
    answers: new Set(methods.map((method) => method.output)),
  };
  const by = (event) => (a, b) => (event(a) < event(b) ? -1 : 1);
  const eventOf = (method) => optionOf(registry, method, 'method').event;
  const pushOf = (message) => optionOf(registry, message, 'push').event;
  return [
    '// Made by scripts/generate/json-types.mjs from proto/.\n',
    '/** In an update null clears a field, and what is absent stays as it is. */',
    'export type Clearable<T> = { readonly [Key in keyof T]: T[Key] | null };\n',
    ...types.map((type) => (type.kind === 'enum' ? enumType(type, scope) : messageType(type, scope))),
    '/** What can be asked on a socket, by event. */\nexport type Calls = {',
    ...calls.toSorted(by(eventOf)).map((method) => callLine(eventOf(method), method, scope)),
    '};\n\n/** What the server pushes, by event. */\nexport type Events = {',
    ...pushes
      .toSorted(by(pushOf))
      .map(
        (push) => `${doc(scope.comments.get(push.proto), '  ')}  readonly '${pushOf(push)}': ${scope.names.get(push)};`,
      ),
    '};\n\n/** Why a call fails, each reason with its gRPC code. */\nexport const reasons = {',
    ...reasonLines(registry),
    '} as const;\n\nexport type Reason = keyof typeof reasons;\n',
  ].join('\n');
}

function isService(type) {
  return type.kind === 'service';
}

/** Messages and enums that are met from these messages on, each once, in the order met; none of google.protobuf. */
function reachable(roots) {
  const met = new Set();
  const visit = (type) => {
    if (met.has(type) || isGoogle(type)) return;
    met.add(type);
    if (type.kind === 'message')
      for (const field of type.fields) if (field.message ?? field.enum) visit(field.message ?? field.enum);
  };
  for (const root of roots) visit(root);
  return [...met];
}

function isGoogle(type) {
  return type.typeName.startsWith('google.protobuf.');
}

/** A type's own name; where two packages have one of the same name, with the package's before it. */
function namesOf(types) {
  const local = (type) => type.typeName.slice(type.file.proto.package.length + 1).replaceAll('.', '');
  const count = new Map();
  for (const type of types) count.set(local(type), (count.get(local(type)) ?? 0) + 1);
  return new Map(types.map((type) => [type, (count.get(local(type)) === 1 ? '' : packageName(type)) + local(type)]));
}

/** `Chat` for `circuit.chat.v1`. */
function packageName(type) {
  const name = type.file.proto.package.split('.').at(-2) ?? '';
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function enumType(type, { comments, names }) {
  const values = type.values.filter((value) => value.number !== 0).map((value) => `'${enumName(type, value)}'`);
  return `${doc(comments.get(type.proto), '')}export type ${names.get(type)} = ${values.join(' | ')};\n`;
}

function enumName(type, value) {
  return value.name.slice(type.sharedPrefix?.length ?? 0).toLowerCase();
}

function messageType(type, scope) {
  const head = `${doc(scope.comments.get(type.proto), '')}export type ${scope.names.get(type)} = `;
  if (optionOf(scope.registry, type, 'json')?.tuple) {
    const items = type.fields
      .toSorted((a, b) => a.number - b.number)
      .map((field) => `${field.name}: ${valueType(field, scope)}`);
    return `${head}readonly [${items.join(', ')}];\n`;
  }
  if (type.fields.length === 0) return `${head}{ readonly [key: string]: never };\n`;
  return `${head}{\n${type.fields.map((field) => fieldLines(field, type, scope)).join('\n')}\n};\n`;
}

function fieldLines(field, parent, scope) {
  const rule = optionOf(scope.registry, field, 'field');
  const always = rule?.required || (scope.answers.has(parent) && !hasPresence(field));
  const clears =
    parent.fields.some((other) => other.name === 'update_mask') && field.name !== 'update_mask' && !rule?.required;
  const value = clears ? clearable(field, scope) : fieldType(field, scope);
  const lines = [
    `${doc(scope.comments.get(field.proto), '  ')}  readonly ${field.name}${always ? '' : '?'}: ${value};`,
  ];
  if (rule?.jsonFirst)
    lines.push(`  /** The first of \`${field.name}\`. */\n  readonly ${rule.jsonFirst}?: ${valueType(field, scope)};`);
  return lines.join('\n');
}

/** In an update null clears: a field of the request itself, and each field of a message in it. */
function clearable(field, scope) {
  const value = fieldType(field, scope);
  const isPlain = field.fieldKind === 'message' && !isGoogle(field.message);
  return isPlain ? `Clearable<${value}> | null` : `${value} | null`;
}

/** In google.protobuf.FeatureSet 2 is implicit presence. */
function hasPresence(field) {
  return (
    field.fieldKind === 'message' ||
    (field.fieldKind !== 'list' && field.fieldKind !== 'map' && (field.oneof !== undefined || field.presence !== 2))
  );
}

function fieldType(field, scope) {
  const value = valueType(field, scope);
  if (field.fieldKind === 'map') return `{ readonly [key: string]: ${value} }`;
  if (field.fieldKind !== 'list') return value;
  return /^[\w]+$/.test(value) ? `readonly ${value}[]` : `readonly (${value})[]`;
}

function valueType(field, { names }) {
  if (field.message)
    return isGoogle(field.message) ? (specials[field.message.name] ?? 'unknown') : names.get(field.message);
  if (field.enum) return isGoogle(field.enum) ? 'null' : names.get(field.enum);
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return 'string';
  return field.scalar === ScalarType.BOOL ? 'boolean' : 'number';
}

function callLine(event, method, { comments, names }) {
  const shape = `{ readonly request: ${names.get(method.input)}; readonly response: ${names.get(method.output)} }`;
  return `${doc(comments.get(method.proto), '  ')}  readonly '${event}': ${shape};`;
}

function reasonLines(registry) {
  const codes = registry.getEnum('circuit.options.v1.Code');
  const values = registry.getEnum('circuit.errors.v1.Reason')?.values.filter((value) => value.number !== 0) ?? [];
  return values.map((value) => {
    const code = codes.value[optionOf(registry, value, 'reason').code].name.slice('CODE_'.length);
    return `  ${value.name.slice('REASON_'.length)}: '${code}',`;
  });
}

function doc(comment, indent) {
  if (!comment) return '';
  const lines = comment
    .replaceAll('*/', '*\\/')
    .split('\n')
    .map((line) => line.trim());
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}
