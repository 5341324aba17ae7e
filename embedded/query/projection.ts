// What makes one document of another, field by field: a find's projection and the stages $project, $unset and $set.
// First fields are kept or dropped, then fields are computed, all from the document as it was. The rest keeps its
// bytes.
import { bsonType, type Field, fieldsOf, isNumber, type Raw, truthOf } from '../bson/raw.ts';
import { numberedError, storeError } from '../errors.ts';
import { type Branch, type Node, newBranch, openNode, putField, sealDocument } from '../update/branch.ts';
import { compileExpression, type Expression } from './expression.ts';
import { type FilterContext, isOperatorDocument } from './parse-filter.ts';

export type Projection = (document: Raw) => Raw;

/** Of a field: it stays, it goes, it is computed, or rules for what lies below. */
type Rule = 'keep' | 'drop' | Expression | Rules;
type Rules = Map<string, Rule>;

/** A find's projection, and $project. */
export function compileProjection(projection: Raw, context: FilterContext = {}): Projection {
  if (projection.type !== bsonType.object) throw storeError('TypeMismatch', 'a projection must be an object');
  const fields = flatten(fieldsOf(projection));
  if (fields.length === 0) return (document) => document;
  const inclusive = isInclusive(fields);
  const rules: Rules = new Map();
  for (const [path, value] of fields) addRule(rules, path, ruleOf(value, inclusive, context), [31249, 31250]);
  if (inclusive && !rules.has('_id')) rules.set('_id', 'keep');
  return (document) => sealDocument(compute(rules, project(rules, document, inclusive), document));
}

/** $set, which is $addFields. */
export function compileFields(body: Raw, context: FilterContext): Projection {
  if (body.type !== bsonType.object) throw numberedError(40272, '$set and $addFields take an object');
  const rules: Rules = new Map();
  for (const [path, value] of flatten(fieldsOf(body))) {
    addRule(rules, path, compileExpression(value, context), [40176, 40176]);
  }
  return (document) => sealDocument(compute(rules, document, document));
}

/** {a: {b: 1}} says the same as {'a.b': 1}; {a: {$op: ...}} and {a: {}} are values. */
function flatten(fields: readonly Field[], prefix = ''): Field[] {
  return fields.flatMap(([name, value]): Field[] => {
    const inner = value.type === bsonType.object && !isOperatorDocument(value) ? fieldsOf(value) : [];
    return inner.length === 0 ? [[prefix + name, value]] : flatten(inner, `${prefix}${name}.`);
  });
}

function isSimple(value: Raw): boolean {
  return isNumber(value) || value.type === bsonType.bool;
}

/** Whether a projection names what stays; else it names what goes. Of _id it may say either. */
function isInclusive(fields: readonly Field[]): boolean {
  let kind: boolean | undefined;
  let idOnly: boolean | undefined;
  for (const [path, value] of fields) {
    const keeps = !isSimple(value) || truthOf(value);
    if (path === '_id' && isSimple(value)) {
      idOnly = keeps;
      continue;
    }
    if (kind !== undefined && kind !== keeps) {
      const [does, other, code] = keeps ? ['inclusion', 'exclusion', 31253] : ['exclusion', 'inclusion', 31254];
      throw numberedError(code as number, `Cannot do ${does} on field ${path} in ${other} projection`);
    }
    kind = keeps;
  }
  return kind ?? idOnly ?? false;
}

function ruleOf(value: Raw, inclusive: boolean, context: FilterContext): Rule {
  if (isSimple(value)) return truthOf(value) ? 'keep' : 'drop';
  if (value.type === bsonType.object && fieldsOf(value).length === 0) {
    throw numberedError(51270, 'An empty sub-projection is not a valid value. Found empty object at path');
  }
  if (!inclusive) throw numberedError(31252, 'Cannot use an expression in an exclusion projection');
  return compileExpression(value, context);
}

/** Throws for a path above or below one that has a rule, with the first code or the second. */
function addRule(rules: Rules, path: string, rule: Rule, [above, below]: readonly [number, number]): void {
  const parts = path.split('.');
  if (parts.includes('')) throw numberedError(15998, 'FieldPath field names may not be empty strings.');
  if (parts.some((part) => part.startsWith('$'))) {
    throw numberedError(16410, `FieldPath field names may not start with '$': ${path}`);
  }
  let here = rules;
  for (const part of parts.slice(0, -1)) {
    const next = here.get(part) ?? new Map<string, Rule>();
    if (!(next instanceof Map)) throw numberedError(above, `Path collision at ${path}`);
    here.set(part, next);
    here = next;
  }
  const last = parts.at(-1)!;
  if (here.has(last)) throw numberedError(below, `Path collision at ${path}`);
  here.set(last, rule);
}

/** What stays of a value; of an array, of each element. What is computed comes later. */
function project(rules: Rules, value: Raw, inclusive: boolean): Node | undefined {
  const old = openNode(value);
  if (old === undefined) return inclusive ? undefined : value;
  const left: Branch = { array: old.array, names: [], values: [] };
  for (const [i, inner] of (old.values as Raw[]).entries()) {
    const name = old.names[i]!;
    const kept = old.array
      ? (project(rules, inner, inclusive) ?? (computes(rules) ? newBranch() : undefined))
      : stays(rules.get(name), inner, inclusive);
    if (kept === undefined) continue;
    left.names.push(name);
    left.values.push(kept);
  }
  return left;
}

function stays(rule: Rule | undefined, value: Raw, inclusive: boolean): Node | undefined {
  if (rule instanceof Map) return project(rule, value, inclusive);
  return rule === 'keep' || (rule === undefined && !inclusive) ? value : undefined;
}

function computes(rule: Rule): boolean {
  return rule instanceof Map ? [...rule.values()].some(computes) : typeof rule === 'function';
}

/** Puts in what is computed; a document is entered, of an array each element, and anything else gives way to one. */
function compute(rules: Rules, value: Node | undefined, root: Raw): Branch {
  const branch = (value === undefined ? undefined : openNode(value)) ?? newBranch();
  if (branch.array) {
    branch.values = branch.values.map((element) => compute(rules, element, root));
    return branch;
  }
  for (const [name, rule] of rules) {
    if (typeof rule === 'function') putField(branch, name, rule(root));
    else if (rule instanceof Map && computes(rule)) {
      putField(branch, name, compute(rule, branch.values[branch.names.indexOf(name)], root));
    }
  }
  return branch;
}
