// The page of figures: the newest of each in a table, all of them over the runs in charts, and how each is measured.

import { machineInWords } from '../machine.ts';
import { type Row, reached } from '../row.ts';
import { type Run, runName } from '../run-record.ts';
import { subjects } from '../subjects.ts';
import { goalInWords, howInWords, markOf, measuredInWords, spreadInWords, valueInWords } from '../words.ts';
import { chartsOf } from './charts.ts';
import { type Newest, newestOfEach } from './kept-runs.ts';

/** File names below the folder of figures, with what they hold. */
export type Page = ReadonlyMap<string, string>;

/** `chaos`: names of files with what runs of `npm run chaos` printed. */
export function pageOf(runs: readonly Run[], chaos: readonly string[] = []): Page {
  const newest = newestOfEach(runs);
  const charts = newest.map(({ result }) => [`charts/${result.subject}.svg`, chartsOf(runs, result)] as const);
  return new Map([['README.md', markdown(runs, newest, chaos)], ...charts]);
}

function markdown(runs: readonly Run[], newest: readonly Newest[], chaos: readonly string[]): string {
  return `${[
    '# Figures',
    '',
    'What `npm run bench` measured; `npm run bench -- --keep` adds a run to this page, and',
    '`npm run bench -- fanout idle` measures only these. Every figure is the median of its rounds; peers are measured',
    'in the same run, and ratios count: absolute figures wander with the machine. Load generators are processes of',
    'their own, and how busy they were stands with each figure.',
    '',
    ...machines(newest),
    summary(newest),
    '',
    '## The newest of each',
    '',
    ...table(newest),
    '',
    '## Over the runs',
    '',
    'The dashed line is the goal, its green side is where a figure should be. The bar at a point is from the least to',
    'the most of its rounds.',
    '',
    ...newest.flatMap((one) => section(one)),
    '## Runs',
    '',
    ...runsTable(runs),
    ...chaosList(chaos),
  ].join('\n')}\n`;
}

function machines(newest: readonly Newest[]): string[] {
  const words = new Set(newest.map(({ run }) => machineInWords(run.machine)));
  return [`Measured on ${[...words].join('; and on ')}.`];
}

function summary(newest: readonly Newest[]): string {
  const verdicts = newest.flatMap(({ result }) => result.rows.map(reached)).filter((verdict) => verdict !== undefined);
  return `${verdicts.filter((verdict) => verdict).length} of ${verdicts.length} goals are reached.`;
}

/** Figures with a goal: what the project promises of its speed. */
function table(newest: readonly Newest[]): string[] {
  const rows = newest.flatMap(({ run, result }) =>
    result.rows
      .filter((row) => row.goal !== undefined)
      .map((row) => {
        const spread = row.ratio === undefined ? row.spread : row.ratioSpread;
        const apart = spread === undefined ? '' : spreadInWords(spread);
        return line([reached(row) ? '✓' : '✗', row.name, measuredInWords(row), apart, goalInWords(row), link(run)]);
      }),
  );
  return [
    line(['', 'figure', 'measured', 'least–most', 'goal', 'run']),
    line(['---', '---', '---', '---', '---', '---']),
    ...rows,
  ];
}

function section({ run, result }: Newest): string[] {
  const { title } = subjects[result.subject]!;
  const rows = result.rows.map((row) => line([markOf(row), row.name, valueInWords(row), ratio(row), howInWords(row)]));
  return [
    `### ${title}`,
    '',
    `![${title}: each figure over the runs, with its goal](charts/${result.subject}.svg)`,
    '',
    '<details>',
    `<summary>All figures of <a href="${outputOf(run)}">${when(run)}</a>, and how they were measured</summary>`,
    '',
    line(['', 'figure', 'value', 'ratio', 'how']),
    line(['---', '---', '---', '---', '---']),
    ...rows,
    '',
    '</details>',
    '',
  ];
}

function ratio(row: Row): string {
  return row.ratio === undefined ? '' : measuredInWords(row, row.ratioSpread);
}

function runsTable(runs: readonly Run[]): string[] {
  const rows = [...runs]
    .reverse()
    .map((run) =>
      line([
        link(run),
        run.commit === undefined ? '' : `\`${run.commit}\``,
        run.results.map(({ subject }) => subject).join(', '),
        `${run.load.start.toFixed(2)} → ${run.load.end.toFixed(2)}`,
      ]),
    );
  return [line(['run (UTC)', 'commit', 'subjects', 'load average']), line(['---', '---', '---', '---']), ...rows];
}

/** What is not a matter of speed: kills, cuts, pauses, a store or Redis that is away. */
function chaosList(chaos: readonly string[]): string[] {
  if (chaos.length === 0) return [];
  const files = chaos.map((name) => `- [${name.replace(/\.txt$/, '')}](${name})`);
  return ['', '## Broken on purpose', '', 'What [`npm run chaos`](../chaos.md) printed:', '', ...files];
}

function link(run: Run): string {
  return `[${when(run)}](${outputOf(run)})`;
}

function when(run: Run): string {
  return run.at.slice(0, 16).replace('T', ' ');
}

function outputOf(run: Run): string {
  return `bench-${runName(run)}.txt`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
