// Aggregation expressions on one document, through mingo. Values cross as JavaScript values and come back as BSON.
import { Context, evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { jsOf } from '../bson/build.ts';
import { type Raw, rawDocument } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
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

export function compileExpression(expression: Raw, context: FilterContext = {}): Expression {
  const parsed = jsOf(expression);
  const options = {
    idKey: '_id',
    scriptEnabled: false,
    context: operators,
    variables: { ...context.variables, NOW: context.now ?? new Date() },
  } as unknown as Options;
  const value = (document: Raw) => {
    try {
      return evalExpr(jsOf(document), parsed as never, options) as unknown;
    } catch (error) {
      throw storeError('BadValue', `the expression failed: ${(error as Error).message}`);
    }
  };
  return { value, truth: (document) => isTrue(value(document)) };
}

function isTrue(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== 0;
}

/** The `let` of a command, evaluated once (its expressions may not name fields). */
export function evaluateVariables(variables: Raw | undefined): Readonly<Record<string, unknown>> {
  if (variables === undefined) return {};
  const nothing = rawDocument(Buffer.from([5, 0, 0, 0, 0]));
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(jsOf(variables) as Record<string, unknown>)) {
    out[name] = typeof value === 'object' && value !== null ? evaluateOnce(value, nothing) : value;
  }
  return out;
}

function evaluateOnce(value: object, nothing: Raw): unknown {
  return evalExpr(jsOf(nothing), value as never, { idKey: '_id', scriptEnabled: false, context: operators } as never);
}
