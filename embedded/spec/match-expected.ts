// Compares what happened with what a unified test expects, with the format's special operators.
import { BSON } from 'bson';

/** Throws an Error that says where the two differ. `root`: further fields are allowed. */
export function matchExpected(expected: unknown, actual: unknown, root = true, path = '$'): void {
  if (isObject(expected)) {
    const [only] = Object.keys(expected);
    if (only?.startsWith('$$')) {
      matchSpecial(only, expected[only], actual, path);
      return;
    }
    if (!isObject(actual)) throw differ(path, expected, actual);
    for (const [name, value] of Object.entries(expected)) {
      const here = `${path}.${name}`;
      if (isObject(value) && '$$exists' in value) {
        if ((actual[name] !== undefined) !== value.$$exists) throw differ(here, value, actual[name]);
      } else if (isObject(value) && '$$unsetOrMatches' in value) {
        if (actual[name] !== undefined) matchExpected(value.$$unsetOrMatches, actual[name], false, here);
      } else if (actual[name] === undefined) throw differ(here, value, undefined);
      else matchExpected(value, actual[name], false, here);
    }
    if (!root) {
      for (const name of Object.keys(actual))
        if (!(name in expected) && actual[name] !== undefined) throw differ(`${path}.${name}`, undefined, actual[name]);
    }
    return;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) throw differ(path, expected, actual);
    for (let i = 0; i < expected.length; i++)
      matchExpected(expected[i], actual[i], root && isObject(expected[i]), `${path}[${i}]`);
    return;
  }
  if (!sameValue(expected, actual)) throw differ(path, expected, actual);
}

function matchSpecial(operator: string, operand: unknown, actual: unknown, path: string): void {
  switch (operator) {
    case '$$unsetOrMatches':
      if (actual !== undefined && actual !== null) matchExpected(operand, actual, true, path);
      return;
    case '$$exists':
      if ((actual !== undefined) !== operand) throw differ(path, operand, actual);
      return;
    case '$$type': {
      const wanted = Array.isArray(operand) ? operand : [operand];
      if (!wanted.includes(typeOf(actual)) && !(typeOf(actual) === 'int' && wanted.includes('long')))
        throw differ(path, operand, actual);
      return;
    }
    default:
      throw new Error(`${operator} is not known to this runner`);
  }
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  return typeof value === 'object' && value !== null ? bsonName(value) : typeof value;
}

function bsonName(value: object): string {
  const name = (value as { readonly _bsontype?: string })._bsontype;
  return name === 'ObjectId' ? 'objectId' : name === undefined ? 'object' : name.toLowerCase();
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a === 'object' || typeof b === 'object') {
    if (a === null || b === null) return a === b;
    return Buffer.from(BSON.serialize({ v: a })).equals(Buffer.from(BSON.serialize({ v: b })));
  }
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !('_bsontype' in value) && !(value instanceof Date);
}

function differ(path: string, expected: unknown, actual: unknown): Error {
  return new Error(`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}
