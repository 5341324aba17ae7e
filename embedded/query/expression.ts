// Aggregation expressions on one document, through mingo. Values cross as JavaScript values and come back as BSON.
import { Context, evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { jsOf } from '../bson/build.ts';
import { bsonType, fieldsOf, type Raw, rawDocument } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import type { FilterContext } from './parse-filter.ts';

export type Expression = {
  /** The value on this document; undefined: nothing (the field is left out). */
  readonly value: (document: Raw) => unknown;
  readonly truth: (document: Raw) => boolean;
};

const operators = Context.init({
  expression: expressions as never,
  accumulator: accumulators as never,
});

/** Throws BadValue for what mingo does not take, now or when it is evaluated. */
export function compileExpression(expression: Raw, context: FilterContext = {}): Expression {
  const parsed = plainOf(expression);
  const options = {
    idKey: '_id',
    scriptEnabled: false,
    context: operators,
    variables: { ...context.variables, NOW: context.now ?? new Date() },
  } as unknown as Options;
  const value = (document: Raw) => attempt(() => evalExpr(plainOf(document), parsed as never, options) as unknown);
  return { value, truth: (document) => isTrue(value(document)) };
}

function isTrue(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== 0;
}

const nothing = rawDocument(Buffer.from([5, 0, 0, 0, 0]));

/** The `let` of a command, evaluated once (its expressions may not name fields). */
export function evaluateVariables(variables: Raw | undefined): Readonly<Record<string, unknown>> {
  if (variables === undefined) return {};
  if (variables.type !== bsonType.object) throw storeError('TypeMismatch', 'variables must be an object');
  const out: Record<string, unknown> = {};
  for (const [name, value] of fieldsOf(variables)) out[name] = compileExpression(value).value(nothing);
  return out;
}

/** A value as JavaScript's, for mingo. Throws BadValue for a regular expression that JavaScript does not take. */
export function plainOf(value: Raw): unknown {
  return attempt(() => jsOf(value));
}

/** Runs something of mingo's; its errors are the asker's fault. */
export function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError('BadValue', `the expression failed: ${(error as Error).message}`);
  }
}
