import { bsonType, fieldsOf, isNumber, type Raw, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { type Branch, type Node, openNode, sealDocument, sealNode } from '../update/branch.ts';
import { compileExpression, type Expression } from './expression.ts';
import { type FilterContext, isOperatorDocument } from './parse-filter.ts';

export type Projection = (document: Raw) => Raw;

/** What a projection says of a field: keep it, drop it, look below, or compute it. */
type Rule =
  | { readonly kind: 'keep' | 'drop' }
  | { readonly kind: 'below'; readonly fields: Map<string, Rule> }
  | { readonly kind: 'compute'; readonly run: Expression };

export function compileProjection(projection: Raw, context: FilterContext = {}): Projection {
  if (projection.type !== bsonType.object) throw storeError('TypeMismatch', 'a projection must be an object');
  const fields = fieldsOf(projection);
  if (fields.length === 0) return (document) => document;
  const inclusive = isInclusive(fields);
  const rules = new Map<string, Rule>();
  for (const [path, value] of flatten(fields)) addRule(rules, path, ruleOf(value, inclusive, context));
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
    const simple = isNumber(value) || value.type === bsonType.bool;
    const keeps = simple ? truthOf(value) : true;
    if (path === '_id' && simple) {
      idOnly = keeps;
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

function ruleOf(value: Raw, inclusive: boolean, context: FilterContext): Rule {
  if (isNumber(value) || value.type === bsonType.bool) return { kind: truthOf(value) ? 'keep' : 'drop' };
  if (!inclusive) throw numberedError(31252, 'Cannot use an expression in an exclusion projection');
  return { kind: 'compute', run: compileExpression(value, context) };
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
    else if (rule.kind === 'compute') add(name, rule.run(root));
  }
  for (const [name, rule] of rules) {
    if (seen.has(name)) continue;
    if (rule.kind === 'compute') add(name, rule.run(root));
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
