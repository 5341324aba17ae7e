// Small charts of a subject's figures over the runs, one beside the other in one SVG. It brings its own background, so
// that it can be read on any page, and follows light and dark. Each scale begins at 0, so that heights compare.

import type { Row } from '../row.ts';
import { measuredOf, reached } from '../row.ts';
import type { Result, Run } from '../run-record.ts';
import { figure, goalInWords, measuredFigure } from '../words.ts';
import { chartStyle } from './chart-style.ts';
import { type Point, pointsOf } from './kept-runs.ts';
import { element, words } from './svg.ts';

const columnsMax = 3;
const panel = { width: 288, height: 180, gap: 28 } as const;
const margin = 24;
/** Of the plot inside its panel; points keep off its sides. */
const plot = { top: 84, height: 76, inset: 8 } as const;
/** Where the last line of a title stands, and the lines below it. */
const titleEnd = 28;
const valueAt = 56;
const captionAt = 74;
const lineHeight = 16;
const titleMax = 44;
const captionMax = 52;
/** Room above the highest of what is drawn. */
const headroom = 1.12;

/** Of every figure that has a ratio or a goal; the newest run's names and goals count. */
export function chartsOf(runs: readonly Run[], { subject, rows }: Result): string {
  const charted = rows.filter((row) => row.ratio !== undefined || row.goal !== undefined);
  const columns = Math.min(columnsMax, Math.max(1, charted.length));
  const lines = Math.max(1, Math.ceil(charted.length / columns));
  const width = 2 * margin + columns * panel.width + (columns - 1) * panel.gap;
  const height = 2 * margin + lines * panel.height + (lines - 1) * panel.gap;
  const panels = charted.map((row, at) => {
    const x = margin + (at % columns) * (panel.width + panel.gap);
    const y = margin + Math.floor(at / columns) * (panel.height + panel.gap);
    return element('g', { transform: `translate(${x} ${y})` }, chart(row, pointsOf(runs, subject, row.name)));
  });
  const ground = element('rect', { class: 'ground', x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8 });
  const box = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' };
  const style = element('style', {}, `${chartStyle}\n`);
  return `${element('svg', box, ['', style, ground, ...panels, ''].join('\n'))}\n`;
}

type Scale = (value: number) => number;

function chart(row: Row, points: readonly Point[]): string {
  const drawn = points.flatMap((point) => [measuredOf(point.row), spreadOf(point.row)?.most ?? 0]);
  const top = Math.max(row.goal ?? 0, ...drawn) * headroom || 1;
  const y: Scale = (value) => plot.top + plot.height * (1 - value / top);
  const axis = element('line', { class: 'axis', x1: 0, x2: panel.width, y1: y(0), y2: y(0) });
  return [...heading(row), ...goal(row, y), axis, ...series(points, y), ...days(points)].join('\n');
}

function heading(row: Row): string[] {
  const lines = wrapped(row.name, titleMax);
  const title = lines.map((text, at) => {
    const y = titleEnd - (lines.length - 1 - at) * lineHeight;
    return element('text', { class: 'title', y }, words(text));
  });
  const verdict = { true: ' met', false: ' missed', undefined: '' }[String(reached(row))];
  const caption = row.ratio === undefined ? row.unit : `× ${row.of ?? 'the reference'}`;
  return [
    ...title,
    element('text', { class: `value${verdict}`, y: valueAt }, words(measuredFigure(row))),
    element('text', { class: 'faint', y: captionAt }, words(cut(caption, captionMax))),
  ];
}

function goal(row: Row, y: Scale): string[] {
  if (row.goal === undefined) return [];
  const at = y(row.goal);
  const [from, to] = row.less ? [at, y(0)] : [plot.top, at];
  return [
    element('rect', { class: 'good', x: 0, y: from, width: panel.width, height: to - from }),
    element('line', { class: 'goal', x1: 0, x2: panel.width, y1: at, y2: at }),
    faint(panel.width, valueAt, 'end', `goal ${goalInWords(row)}`),
  ];
}

function series(points: readonly Point[], y: Scale): string[] {
  const step = points.length === 1 ? 0 : (panel.width - 2 * plot.inset) / (points.length - 1);
  const x: Scale = (at) => (points.length === 1 ? panel.width / 2 : plot.inset + at * step);
  const bars = points.flatMap(({ row }, at) => {
    const spread = spreadOf(row);
    if (spread === undefined) return [];
    return [element('line', { class: 'spread', x1: x(at), x2: x(at), y1: y(spread.least), y2: y(spread.most) })];
  });
  const path = points.map(({ row }, at) => `${x(at).toFixed(1)},${y(measuredOf(row)).toFixed(1)}`).join(' ');
  const dots = points.map(({ at: when, row }, at) => {
    const looks = at === points.length - 1 ? { class: 'newest', r: 4.5 } : { class: 'point', r: 2.5 };
    const told = element('title', {}, words(`${when.slice(0, 16).replace('T', ' ')}: ${figure(measuredOf(row))}`));
    return element('circle', { ...looks, cx: x(at), cy: y(measuredOf(row)) }, told);
  });
  return [...bars, element('polyline', { class: 'line', points: path }), ...dots];
}

/** The first and the last day. */
function days(points: readonly Point[]): string[] {
  const y = plot.top + plot.height + 17;
  const day = (point: Point | undefined) => point?.at.slice(0, 10) ?? '';
  const [first, last] = [day(points[0]), day(points.at(-1))];
  if (first !== last) return [faint(0, y, 'start', first), faint(panel.width, y, 'end', last)];
  return [faint(panel.width / 2, y, 'middle', points.length === 1 ? first : `${first}, ${points.length} runs`)];
}

function faint(x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string): string {
  return element('text', { class: 'faint', x, y, 'text-anchor': anchor }, words(text));
}

/** Of what is drawn. */
function spreadOf(row: Row) {
  return row.ratio === undefined ? row.spread : row.ratioSpread;
}

function wrapped(text: string, max: number): string[] {
  if (text.length <= max) return [text];
  const space = text.lastIndexOf(' ', max);
  return [text.slice(0, space), cut(text.slice(space + 1), max)];
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).trimEnd()}…`;
}
