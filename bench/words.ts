// Figures in words, the same in a terminal and on the page.

import { machineInWords } from './machine.ts';
import { measuredOf, type Row, reached, type Spread } from './row.ts';
import type { Result, Run } from './run-record.ts';

/** Beyond these a float has none of its own. */
const digitsMax = 16;

/** Three digits that count: `2,176,286`, `57.1`, `0.91`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return value.toLocaleString('en-GB', { minimumFractionDigits: size < 10 ? 2 : 0, maximumFractionDigits: digits });
}

/** What is held against the goal; one that just misses it has as many digits as tell it apart: `0.496`, not `0.50`. */
export function measuredFigure(row: Row): string {
  const measured = measuredOf(row);
  const { goal } = row;
  if (goal === undefined || reached(row) !== false || figure(measured) !== figure(goal)) return figure(measured);
  for (let digits = 3; digits < digitsMax; digits += 1) {
    const text = measured.toLocaleString('en-GB', { maximumSignificantDigits: digits });
    if (text !== goal.toLocaleString('en-GB', { maximumSignificantDigits: digits })) return text;
  }
  return String(measured);
}

export function spreadInWords({ least, most }: Spread): string {
  return `${figure(least)}–${figure(most)}`;
}

export function goalInWords(row: Row): string {
  return row.goal === undefined ? '' : `${row.less ? '≤' : '≥'} ${row.goal.toLocaleString('en-GB')}`;
}

/** `2,176,286 [2,102,000–2,200,000] deliveries/s`. */
export function valueInWords({ value, spread, unit }: Row): string {
  return `${figure(value)}${apart(spread)} ${unit}`;
}

/** What is held against the goal, with its unit or what it is a ratio of: `0.91 × raw inserts`. */
export function measuredInWords(row: Row, spread?: Spread): string {
  return row.ratio === undefined
    ? `${measuredFigure(row)}${apart(spread)} ${row.unit}`
    : `${measuredFigure(row)}${apart(spread)} × ${row.of ?? 'the reference'}`;
}

export function markOf(row: Row): string {
  const yes = reached(row);
  return yes === undefined ? '·' : yes ? '✓' : '✗';
}

/** The first lines of a run's output. */
export function headInWords({ at, commit, machine }: Pick<Run, 'at' | 'commit' | 'machine'>, load: number): string {
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC${commit === undefined ? '' : `, commit ${commit}`}`;
  return `${when}\n${machineInWords(machine)}; load average ${load.toFixed(2)}`;
}

/** A subject's rows, as they are printed. */
export function resultInWords({ subject, seconds, rows, failed }: Result): string {
  const title = `\n${subject} (${seconds.toFixed(0)} s)${failed === undefined ? '' : `: ${failed}`}`;
  return [title, ...rows.flatMap(rowInWords)].join('\n');
}

function rowInWords(row: Row): string[] {
  const ratio = row.ratio === undefined ? '' : ` = ${measuredInWords(row, row.ratioSpread)}`;
  const goal = row.goal === undefined ? '' : ` (goal ${goalInWords(row)})`;
  const how = howInWords(row);
  return [`  ${markOf(row)} ${row.name}: ${valueInWords(row)}${ratio}${goal}`, ...(how === '' ? [] : [`      ${how}`])];
}

function apart(spread: Spread | undefined): string {
  return spread === undefined ? '' : ` [${spreadInWords(spread)}]`;
}

/** Above this share of a core a load generator may itself be what was measured. */
const generatorMax = 0.9;

/** The note, how many rounds there were, and how busy the load generator was. */
export function howInWords({ note, spread, ratioSpread, generator }: Row): string {
  const rounds = (spread ?? ratioSpread)?.rounds;
  const parts = [
    note.replace(/\.$/, ''),
    rounds === undefined ? '' : `median [least–most] of ${rounds} rounds`,
    generator === undefined ? '' : generatorInWords(generator),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function generatorInWords(share: number): string {
  const words = `the load generator used ${(share * 100).toFixed(0)} % of a core`;
  return share > generatorMax ? `${words}, and may be what was measured` : words;
}
