// For the differential tests: random filters over the fields that random documents have.
import fc from 'fast-check';
import { numbers, scalars, values } from './values.ts';

const paths = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.c', 'a.0', 'b.a', 'a.b.c', 'a.0.b');

const operand = fc.oneof({ weight: 4, arbitrary: scalars }, { weight: 1, arbitrary: values }).filter(isOperand);

/** Not a document of operators, and no regular expression where MongoDB takes none. */
function isOperand(value: unknown): boolean {
  return !(typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'BSONRegExp');
}

const comparisons = fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte');

const operators: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(comparisons, operand).map(([name, value]) => ({ [name]: value })) },
  { weight: 3, arbitrary: fc.tuple(numbers, numbers).map(([low, high]) => ({ $gte: low, $lt: high })) },
  { weight: 2, arbitrary: fc.array(operand, { maxLength: 3 }).map(($in) => ({ $in })) },
  { weight: 1, arbitrary: fc.array(operand, { maxLength: 2 }).map(($nin) => ({ $nin })) },
  { weight: 1, arbitrary: fc.boolean().map(($exists) => ({ $exists })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('int', 'double', 'string', 'array', 'object', 'null', 'number', 'binData')
      .map(($type) => ({ $type })),
  },
);

const condition: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(paths, operand).map(([path, value]) => ({ [path]: value })) },
  { weight: 6, arbitrary: fc.tuple(paths, operators).map(([path, test]) => ({ [path]: test })) },
);

/** Filters of one to three conditions, with $and. */
export const filters: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 3, arbitrary: condition },
  { weight: 2, arbitrary: fc.array(condition, { minLength: 2, maxLength: 3 }).map(($and) => ({ $and })) },
  { weight: 1, arbitrary: fc.tuple(condition, condition).map(([x, y]) => ({ ...x, $and: [y] })) },
);
