// From the rounds of a measurement to what a row says of them.

import { median } from './median.ts';
import type { Row, Spread } from './row.ts';

/** The median, and how far the rounds lie apart. */
export function quoted(values: readonly number[]): Pick<Row, 'value' | 'spread'> {
  return { value: median(values), spread: spreadOf(values) };
}

/** Round by round, so that both sides of each ratio had the same machine. */
export function against(
  values: readonly number[],
  references: readonly number[],
): { readonly ratio: number; readonly ratioSpread: Spread } {
  const ratios = values.map((value, round) => value / references[round]!);
  return { ratio: median(ratios), ratioSpread: spreadOf(ratios) };
}

function spreadOf(values: readonly number[]): Spread {
  return { least: Math.min(...values), most: Math.max(...values), rounds: values.length };
}
