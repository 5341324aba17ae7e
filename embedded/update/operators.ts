// What each update operator makes of the value its path ends at. Operands are checked before any document is looked at.
import { Timestamp } from 'bson';
import { rawOf } from '../bson/build.ts';
import { compareValues, equalValues } from '../bson/order.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw, textOf } from '../bson/raw.ts';
import { showValue } from '../bson/show.ts';
import { storeError } from '../errors.ts';
import { matches } from '../query/match.ts';
import { isOperatorDocument, parseFilter } from '../query/parse-filter.ts';
import { add, bitwise, multiply } from './arithmetic.ts';
import { sealDocument } from './branch.ts';
import { arrayOf, compilePush } from './push.ts';

/** The value afterwards, of the value before: the same one if nothing changes; undefined is a missing field. */
export type Apply = (old: Raw | undefined, now: Date) => Raw | undefined;

type Compile = (operand: Raw, path: string) => Apply;

/** All but $rename, which is a $set and an $unset. */
export const operators: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['$set', (operand) => () => operand],
  ['$setOnInsert', (operand) => () => operand],
  ['$unset', () => () => undefined],
  ['$inc', (operand, path) => arithmetic('$inc', operand, path)],
  ['$mul', (operand, path) => arithmetic('$mul', operand, path)],
  ['$min', (operand) => (old) => (old === undefined || compareValues(operand, old) < 0 ? operand : old)],
  ['$max', (operand) => (old) => (old === undefined || compareValues(operand, old) > 0 ? operand : old)],
  ['$bit', compileBit],
  ['$currentDate', compileCurrentDate],
  ['$push', compilePush],
  ['$addToSet', compileAddToSet],
  ['$pull', (operand) => pulling('$pull', pulls(operand))],
  ['$pullAll', compilePullAll],
  ['$pop', compilePop],
]);

function arithmetic(operator: '$inc' | '$mul', operand: Raw, path: string): Apply {
  const [verb, combine] = operator === '$inc' ? ['increment', add] : ['multiply', multiply];
  if (!isNumber(operand)) {
    throw storeError('TypeMismatch', `Cannot ${verb} with non-numeric argument: {${path}: ${showValue(operand)}}`);
  }
  return (old = operator === '$mul' ? rawOf(0) : undefined) => {
    if (old === undefined) return operand;
    if (isNumber(old)) return combine(old, operand);
    const found = `The field '${path}' is of type ${typeName(old)}`;
    throw storeError('TypeMismatch', `Cannot apply ${operator} to a value of non-numeric type. ${found}`);
  };
}

function compileBit(operand: Raw, path: string): Apply {
  const steps = operand.type === bsonType.object ? fieldsOf(operand) : [];
  if (steps.length === 0)
    throw storeError('BadValue', `The $bit modifier is not compatible with a non-document at '${path}'`);
  for (const [name, mask] of steps) {
    if (name !== 'and' && name !== 'or' && name !== 'xor')
      throw storeError('BadValue', `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
    if (!isInteger(mask)) throw storeError('BadValue', 'The $bit modifier field must be an Integer(32/64 bit)');
  }
  return (old = rawOf(0)) => {
    if (!isInteger(old)) throw storeError('BadValue', `Cannot apply $bit to a value of non-integral type at '${path}'`);
    return steps.reduce((bits, [name, mask]) => bitwise(name as 'and', bits, mask), old);
  };
}

function isInteger({ type }: Raw): boolean {
  return type === bsonType.int || type === bsonType.long;
}

let stamp = 0;

function compileCurrentDate(operand: Raw): Apply {
  const type = operand.type === bsonType.object ? fieldOf(operand, '$type') : undefined;
  const kind = operand.type === bsonType.bool ? 'date' : type?.type === bsonType.string ? textOf(type) : '';
  if (kind === 'date') return (_, now) => rawOf(now);
  if (kind !== 'timestamp')
    throw storeError('BadValue', "The '$type' string field is required to be 'date' or 'timestamp'");
  return (_, now) => {
    stamp = (stamp + 1) & 0x7fff_ffff;
    return rawOf(new Timestamp({ t: Math.floor(now.getTime() / 1000), i: stamp }));
  };
}

function compileAddToSet(operand: Raw, path: string): Apply {
  let wanted: readonly Raw[] = [operand];
  const fields = operand.type === bsonType.object ? fieldsOf(operand) : [];
  if (fields[0]?.[0] === '$each') {
    if (fields[0][1].type !== bsonType.array)
      throw storeError('TypeMismatch', 'The argument to $each in $addToSet must be an array');
    if (fields.length > 1) throw storeError('BadValue', 'Found unexpected fields after $each in $addToSet');
    wanted = elementsOf(fields[0][1]);
  }
  const otherwise = `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type`;
  return (old) => {
    const before = old === undefined ? [] : arrayOf(old, otherwise);
    const after = [...before];
    for (const each of wanted) if (!after.some((other) => equalValues(other, each))) after.push(each);
    return old !== undefined && after.length === before.length ? old : rawOf(after);
  };
}

function pulling(operator: string, goes: (element: Raw) => boolean): Apply {
  return (old) => {
    if (old === undefined) return undefined;
    const before = arrayOf(old, `Cannot apply ${operator} to a non-array value`);
    const after = before.filter((element) => !goes(element));
    return after.length === before.length ? old : rawOf(after);
  };
}

/** What $pull removes: elements equal to a value, those that operators match, documents that a filter matches. */
function pulls(condition: Raw): (element: Raw) => boolean {
  if (condition.type !== bsonType.object) return (element) => equalValues(element, condition);
  if (!isOperatorDocument(condition)) {
    const filter = parseFilter(condition);
    return (element) => element.type === bsonType.object && matches(filter, element);
  }
  const only = (value: Raw) => sealDocument({ array: false, names: ['e'], values: [value] });
  const filter = parseFilter(only(condition));
  return (element) => matches(filter, only(element));
}

function compilePullAll(operand: Raw): Apply {
  const values = arrayOf(operand, '$pullAll requires an array argument');
  return pulling('$pullAll', (element) => values.some((value) => equalValues(value, element)));
}

function compilePop(operand: Raw, path: string): Apply {
  const side = numberOf(operand);
  if (side !== 1 && side !== -1)
    throw storeError('FailedToParse', `$pop expects 1 or -1, found: ${showValue(operand)}`);
  return (old) => {
    if (old === undefined) return undefined;
    if (old.type !== bsonType.array) {
      const found = `contains an element of non-array type '${typeName(old)}'`;
      throw storeError('TypeMismatch', `Path '${path}' ${found}`);
    }
    const before = elementsOf(old);
    if (before.length === 0) return old;
    return rawOf(side === 1 ? before.slice(0, -1) : before.slice(1));
  };
}

const typeNamesByNumber: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(bsonType).map(([name, number]) => [number, name]),
);

export function typeName(value: Raw): string {
  return typeNamesByNumber[value.type] ?? 'unknown';
}
