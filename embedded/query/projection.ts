// Projections: inclusion and exclusion on raw bytes; $slice and $elemMatch; everything else is an expression.
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldsOf, isNumber, numberOf, type Raw, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { type Branch, type Node, openNode, sealDocument, sealNode } from '../update/branch.ts';
import { compileExpression } from './expression.ts';
import type { Filter } from './filter.ts';
import { leafMatches } from './match.ts';
import { type FilterContext, isOperatorDocument, parseFilter } from './parse-filter.ts';

export type Projection = (document: Raw) => Raw;

/** What a projection says of a field: keep it, drop it, look below, or compute it. */
type Rule =
  | { readonly kind: 'keep' | 'drop' }
  | { readonly kind: 'below'; readonly fields: Map<string, Rule> }
  | { readonly kind: 'compute'; readonly run: (document: Raw, here: Raw | undefined) => Raw | undefined };

export function compileProjection(projection: Raw, context: FilterContext = {}): Projection {
  if (projection.type !== bsonType.object) throw storeError('TypeMismatch', 'a projection must be an object');
  const fields = fieldsOf(projection);
  if (fields.length === 0) return (document) => document;
  const inclusive = isInclusive(fields);
  const rules = new Map<string, Rule>();
  for (const [path, value] of flatten(fields)) addRule(rules, path, ruleOf(path, value, inclusive, context));
  if (inclusive && !rules.has('_id')) rules.set('_id', { kind: 'keep' });
  return (document) => sealDocument(applyRules(rules, document, document, inclusive));
}

/** {a: {b: 1}} says the same as {'a.b': 1}. */
function flatten(fields: readonly (readonly [string, Raw])[], prefix = ''): [string, Raw][] {
  return fields.flatMap(([name, value]): [string, Raw][] => {
    const path = prefix + name;
    if (value.type !== bsonType.object || isOperatorDocument(value)) return [[path, value]];
    const inner = fieldsOf(value);
    if (inner.length === 0)
      throw numberedError(51270, 'An empty sub-projection is not a valid value. Found empty object at path');
    return flatten(inner, `${path}.`);
  });
}

function isInclusive(fields: readonly (readonly [string, Raw])[]): boolean {
  let kind: boolean | undefined;
  let idOnly: boolean | undefined;
  for (const [path, value] of flatten(fields)) {
    const operator = isOperatorDocument(value) ? fieldsOf(value)[0]![0] : undefined;
    if (operator === '$slice') continue;
    const simple = isNumber(value) || value.type === bsonType.bool;
    const keeps = simple ? truthOf(value) : true;
    if (path === '_id' && simple) {
      idOnly = keeps;
      continue;
    }
    if (operator === '$elemMatch') {
      kind ??= true;
      continue;
    }
    if (kind !== undefined && kind !== keeps) {
      const message = keeps
        ? `Cannot do inclusion on field ${path} in exclusion projection`
        : `Cannot do exclusion on field ${path} in inclusion projection`;
      throw numberedError(keeps ? 31253 : 31254, message);
    }
    kind = keeps;
  }
  return kind ?? idOnly ?? false;
}

function ruleOf(path: string, value: Raw, inclusive: boolean, context: FilterContext): Rule {
  if (isNumber(value) || value.type === bsonType.bool) return { kind: truthOf(value) ? 'keep' : 'drop' };
  if (isOperatorDocument(value)) {
    const [operator, argument] = fieldsOf(value)[0]!;
    if (operator === '$slice' && !isExpressionSlice(argument)) {
      return { kind: 'compute', run: (_, here) => slice(argument, here) };
    }
    if (operator === '$elemMatch') {
      const filter = parseFilter(rawDocumentOf(path.split('.').at(-1)!, value));
      return { kind: 'compute', run: (_, here) => firstMatch(filter, here) };
    }
  }
  if (!inclusive) throw numberedError(31252, 'Cannot use an expression in an exclusion projection');
  return { kind: 'compute', run: compileExpression(value, context) };
}

function rawDocumentOf(name: string, value: Raw): Raw {
  return sealDocument({ array: false, names: [name], values: [value] });
}

function addRule(rules: Map<string, Rule>, path: string, rule: Rule): void {
  const parts = path.split('.');
  if (parts.at(-1) === '$') throw storeError('BadValue', 'the positional projection is not supported by this store');
  if (parts.some((part) => part === '')) throw storeError('BadValue', `FieldPath '${path}' is not valid`);
  let here = rules;
  for (const part of parts.slice(0, -1)) {
    const existing = here.get(part);
    if (existing !== undefined && existing.kind !== 'below') throw numberedError(31249, `Path collision at ${path}`);
    const next = existing?.fields ?? new Map<string, Rule>();
    here.set(part, { kind: 'below', fields: next });
    here = next;
  }
  const last = parts.at(-1)!;
  if (here.has(last)) throw numberedError(31250, `Path collision at ${path}`);
  here.set(last, rule);
}

function applyRules(rules: ReadonlyMap<string, Rule>, document: Raw, root: Raw, inclusive: boolean): Branch {
  const out: Branch = { array: false, names: [], values: [] };
  const add = (name: string, value: Node | undefined) => {
    if (value === undefined) return;
    out.names.push(name);
    out.values.push(value);
  };
  const seen = new Set<string>();
  for (const [name, value] of fieldsOf(document)) {
    const rule = rules.get(name);
    seen.add(name);
    if (rule === undefined) {
      if (!inclusive) add(name, value);
    } else if (rule.kind === 'keep') add(name, value);
    else if (rule.kind === 'below') add(name, below(rule.fields, value, root, inclusive));
    else if (rule.kind === 'compute') add(name, rule.run(root, value));
  }
  for (const [name, rule] of rules) {
    if (seen.has(name)) continue;
    if (rule.kind === 'compute') add(name, rule.run(root, undefined));
    if (rule.kind === 'below' && computes(rule.fields)) {
      const empty = sealDocument({ array: false, names: [], values: [] });
      add(name, applyRules(rule.fields, empty, root, inclusive));
    }
  }
  return out;
}

function computes(rules: ReadonlyMap<string, Rule>): boolean {
  return [...rules.values()].some(
    (rule) => rule.kind === 'compute' || (rule.kind === 'below' && computes(rule.fields)),
  );
}

function below(rules: ReadonlyMap<string, Rule>, value: Raw, root: Raw, inclusive: boolean): Node | undefined {
  if (value.type === bsonType.object) return applyRules(rules, value, root, inclusive);
  if (value.type !== bsonType.array) return inclusive ? undefined : value;
  const branch = openNode(value)!;
  branch.values = branch.values.flatMap((element) => below(rules, sealNode(element), root, inclusive) ?? []);
  return branch;
}

/** $slice with a number or a pair of numbers; anything else is the expression of the same name. */
function isExpressionSlice(argument: Raw): boolean {
  if (isNumber(argument)) return false;
  const parts = argument.type === bsonType.array ? elementsOf(argument) : [];
  return !(parts.length === 2 && parts.every(isNumber));
}

function slice(argument: Raw, here: Raw | undefined): Raw | undefined {
  if (here?.type !== bsonType.array) return here;
  const elements = elementsOf(here);
  if (isNumber(argument)) {
    const count = numberOf(argument);
    return rawOf(count < 0 ? elements.slice(count) : elements.slice(0, count));
  }
  const [skip, limit] = elementsOf(argument).map(numberOf) as [number, number];
  const from = skip < 0 ? Math.max(0, elements.length + skip) : skip;
  return rawOf(elements.slice(from, from + limit));
}

function firstMatch(filter: Filter, here: Raw | undefined): Raw | undefined {
  if (here?.type !== bsonType.array || filter.kind !== 'path') return undefined;
  for (const element of elementsOf(here)) {
    const one = rawOf([element]);
    if (leafMatches(filter.leaf, one)) return one;
  }
  return undefined;
}
