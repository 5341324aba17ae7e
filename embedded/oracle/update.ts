// An independent oracle of MongoDB's update operators, from its manual, on JavaScript values. Covers paths through
// documents and array positions; answers 'error' where the manual says that the update fails.
import { Int32, Long } from 'bson';
import { compare } from './compare.ts';

type Doc = Record<string, unknown>;

class Fails extends Error {}

export function oracleUpdate(document: Doc, update: Record<string, Doc>): Doc | 'error' {
  const out = structured(document) as Doc;
  try {
    for (const [operator, fields] of Object.entries(update)) {
      for (const [path, operand] of Object.entries(fields)) {
        apply(out, path.split('.'), operator, operand);
      }
    }
    return out;
  } catch (error) {
    if (error instanceof Fails) return 'error';
    throw error;
  }
}

/** A copy that shares nothing but scalars. */
function structured(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structured);
  if (isDoc(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, structured(inner)]));
  return value;
}

function isDoc(value: unknown): value is Doc {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const removes = new Set(['$unset', '$pull', '$pullAll', '$pop']);

/** Walks to the holder of the last part, making documents on the way unless the operator only takes away. */
function apply(root: Doc, path: readonly string[], operator: string, operand: unknown): void {
  let holder: unknown = root;
  for (const part of path.slice(0, -1)) {
    if (!has(holder, part)) {
      if (removes.has(operator)) return;
      write(holder, part, {});
    }
    holder = (holder as Doc)[part];
    if (!isDoc(holder) && !Array.isArray(holder)) {
      if (removes.has(operator)) return;
      throw new Fails();
    }
  }
  change(holder, path.at(-1)!, operator, operand);
}

function has(holder: unknown, part: string): boolean {
  if (Array.isArray(holder)) return /^\d+$/.test(part) && Number(part) < holder.length;
  return Object.hasOwn(holder as Doc, part);
}

function write(holder: unknown, part: string, value: unknown): void {
  if (Array.isArray(holder)) {
    if (!/^\d+$/.test(part)) throw new Fails();
    while (holder.length < Number(part)) holder.push(null);
  }
  (holder as Doc)[part] = value;
}

function change(holder: unknown, name: string, operator: string, operand: unknown): void {
  const there = has(holder, name);
  const old = there ? (holder as Doc)[name] : undefined;
  if (operator === '$unset') {
    if (there && Array.isArray(holder)) holder[Number(name)] = null;
    else if (there) delete (holder as Doc)[name];
    return;
  }
  if (!there && removes.has(operator)) return;
  const next = outcome(operator, there, old, operand);
  if (next !== unchanged) write(holder, name, next);
}

const unchanged = Symbol('unchanged');

function outcome(operator: string, there: boolean, old: unknown, operand: unknown): unknown {
  switch (operator) {
    case '$set':
      return operand;
    case '$inc':
      return there ? sum(old, operand as number) : new Int32(operand as number);
    case '$min':
    case '$max': {
      const side = there ? compare(operand, old) : 0;
      return !there || (operator === '$min' ? side < 0 : side > 0) ? operand : unchanged;
    }
    case '$push':
      return [...list(there, old), operand];
    case '$addToSet':
      return list(there, old).some((each) => compare(each, operand) === 0) ? unchanged : [...list(there, old), operand];
    case '$pullAll':
      return list(there, old).filter((each) => !(operand as unknown[]).some((other) => compare(each, other) === 0));
    case '$pop':
      return operand === 1 ? list(there, old).slice(0, -1) : list(there, old).slice(1);
    default:
      throw new Error(operator);
  }
}

function list(there: boolean, old: unknown): unknown[] {
  if (!there) return [];
  if (!Array.isArray(old)) throw new Fails();
  return old;
}

/** int + int is int until it overflows, then long; anything else that is a number is not asked here. */
function sum(old: unknown, more: number): unknown {
  if (old instanceof Int32) {
    const total = old.value + more;
    return Number(total) === (total | 0) ? new Int32(total) : Long.fromNumber(total);
  }
  if (old instanceof Long) return old.add(more);
  throw new Fails();
}
