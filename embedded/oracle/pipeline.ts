// An independent oracle of MongoDB's stages that make one document of another and of their expressions, from its
// manual, on the oracles' documents (Maps). Answers 'error' where the manual says that the stage fails.
import { compare } from './compare.ts';
import type { Doc } from './update.ts';

export type Stage = readonly [name: string, body: unknown];

/** What $$ROOT stands for, and the command's `let`. */
type Scope = { readonly root: Doc; readonly variables: Readonly<Record<string, unknown>> };
type Path = readonly string[];
type Computed = readonly [path: Path, expression: unknown];

class Fails extends Error {}

export function oraclePipeline(document: Doc, stages: readonly Stage[], variables: Scope['variables']): Doc | 'error' {
  try {
    return stages.reduce((root, [name, body]) => perform(name, body, { root, variables }), document);
  } catch (error) {
    if (error instanceof Fails) return 'error';
    throw error;
  }
}

function perform(name: string, body: unknown, scope: Scope): Doc {
  switch (name) {
    case '$set':
    case '$addFields':
      return withFields(scope.root, leaves(body as Doc), scope);
    case '$unset':
      return without(scope.root, [body].flat().map(split)) as Doc;
    case '$project':
      return projected(body as Doc, scope);
    default: {
      const root = evaluate(name === '$replaceRoot' ? (body as Doc).get('newRoot') : body, scope);
      if (!(root instanceof Map)) throw new Fails();
      return root;
    }
  }
}

const split = (path: unknown): Path => String(path).split('.');

const isOperator = (value: unknown): value is Doc => value instanceof Map && [...value.keys()][0]?.startsWith('$');

/** Dots and braces say the same: {a: {b: 1}} and {'a.b': 1}. */
function leaves(body: Doc, above: Path = []): Computed[] {
  return [...body].flatMap(([name, value]): Computed[] => {
    const path = [...above, ...split(name)];
    return value instanceof Map && value.size > 0 && !isOperator(value) ? leaves(value, path) : [[path, value]];
  });
}

function withFields(document: Doc, fields: readonly Computed[], scope: Scope): Doc {
  return fields.reduce((doc, [path, expression]) => put(doc, path, () => evaluate(expression, scope)) as Doc, document);
}

/** In every element of an array on the way; what is no document becomes one. */
function put(holder: unknown, [name, ...rest]: Path, value: () => unknown): unknown {
  if (name === undefined) return value();
  if (Array.isArray(holder)) return holder.map((element) => put(element, [name, ...rest], value));
  const after: Doc = new Map(holder instanceof Map ? holder : []);
  const inner = put(after.get(name), rest, value);
  if (inner === undefined) after.delete(name);
  else after.set(name, inner);
  return after;
}

function without(value: unknown, paths: readonly Path[]): unknown {
  if (Array.isArray(value)) return value.map((element) => without(element, paths));
  if (!(value instanceof Map)) return value;
  const left = [...value].flatMap(([name, inner]): [string, unknown][] => {
    const below = restsOf(paths, name);
    return below.some((path) => path.length === 0) ? [] : [[name, without(inner, below)]];
  });
  return new Map(left);
}

const restsOf = (paths: readonly Path[], name: string) =>
  paths.filter(([first]) => first === name).map((path) => path.slice(1));

function projected(body: Doc, scope: Scope): Doc {
  const fields = leaves(body);
  const says = (flag: boolean) => fields.filter(([, value]) => value === flag).map(([path]) => path);
  const [kept, dropped] = [says(true), says(false)];
  const computed = fields.filter(([, value]) => typeof value !== 'boolean');
  const ofId = (path: Path) => path.join() === '_id';
  if (computed.length === 0 && kept.every(ofId) && dropped.length > 0) return without(scope.root, dropped) as Doc;
  const made = computed.map(([path]) => path);
  const wanted = [...dropped, ...kept, ...made].some(ofId) ? kept : [['_id'], ...kept];
  return withFields(only(scope.root, wanted, made) as Doc, inOrderOfMention(computed, fields), scope);
}

/** What is made stands where the specification first names it, or what it lies in. */
function inOrderOfMention(computed: readonly Computed[], fields: readonly Computed[]): Computed[] {
  const mention = (path: Path, depth: number) =>
    fields.findIndex(([other]) => path.slice(0, depth + 1).every((name, i) => other[i] === name));
  return [...computed].sort(([a], [b]) => {
    const depth = a.findIndex((name, i) => name !== b[i]);
    return mention(a, depth) - mention(b, depth);
  });
}

/** Where something is made below, an element that is no document becomes one. */
function only(value: unknown, kept: readonly Path[], made: readonly Path[]): unknown {
  if (Array.isArray(value)) {
    const empty = made.length > 0 ? new Map() : undefined;
    return value.map((element) => only(element, kept, made) ?? empty).filter((element) => element !== undefined);
  }
  if (!(value instanceof Map)) return undefined;
  const left: Doc = new Map();
  for (const [name, inner] of value) {
    const [below, makes] = [restsOf(kept, name), restsOf(made, name)];
    const whole = below.some((path) => path.length === 0);
    if (makes.some((path) => path.length === 0) || below.length + makes.length === 0) continue;
    const stays = whole ? inner : only(inner, below, makes);
    if (stays !== undefined) left.set(name, stays);
  }
  return left;
}

function evaluate(expression: unknown, scope: Scope): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) return read(expression, scope);
  if (Array.isArray(expression)) return expression.map((each) => evaluate(each, scope) ?? null);
  if (!(expression instanceof Map)) return expression;
  if (!isOperator(expression)) {
    const fields = [...expression].map(([name, each]): [string, unknown] => [name, evaluate(each, scope)]);
    return new Map(fields.filter(([, value]) => value !== undefined));
  }
  const [[name, operand]] = [...expression] as [[string, unknown]];
  if (name === '$literal') return operand;
  if (name === '$eq') {
    const [left, right] = (operand as unknown[]).map((each) => evaluate(each, scope));
    return left === undefined || right === undefined ? left === right : compare(left, right) === 0;
  }
  return setField(operand as Doc, scope);
}

function setField(operand: Doc, scope: Scope): unknown {
  const input = evaluate(operand.get('input'), scope) ?? null;
  if (input === null) return null;
  if (!(input instanceof Map)) throw new Fails();
  const value = evaluate(operand.get('value'), scope);
  const after: Doc = new Map(input);
  const field = evaluate(operand.get('field'), scope) as string;
  if (value === undefined) after.delete(field);
  else after.set(field, value);
  return after;
}

function read(expression: string, { root, variables }: Scope): unknown {
  const [head, ...path] = expression.split('.') as [string, ...string[]];
  if (head === '$$REMOVE') return undefined;
  if (head === '$$ROOT') return follow(root, path);
  return head.startsWith('$$') ? follow(variables[head.slice(2)], path) : follow(root, [head.slice(1), ...path]);
}

/** Through arrays by their documents; a number in a path is a name. */
function follow(value: unknown, [name, ...rest]: Path): unknown {
  if (name === undefined) return value;
  if (value instanceof Map) return follow(value.get(name), rest);
  if (!Array.isArray(value)) return undefined;
  const found = value.map((each) => (each instanceof Map ? follow(each, [name, ...rest]) : undefined));
  return found.filter((each) => each !== undefined);
}
