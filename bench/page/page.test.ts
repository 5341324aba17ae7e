import { describe, expect, it } from 'vitest';
import type { Row } from '../row.ts';
import type { Run } from '../run-record.ts';
import { pageOf } from './page.ts';

const machine = { processor: 'A processor', cores: 2, memoryBytes: 2 ** 34, kernel: 'Linux 6', node: 'v20.20.2' };
const ratio: Row = {
  name: 'calls over Link',
  value: 300_000,
  spread: { least: 280_000, most: 310_000, rounds: 5 },
  unit: 'calls/s',
  ratio: 31.2,
  ratioSpread: { least: 29.4, most: 33, rounds: 5 },
  of: 'unary calls',
  goal: 30,
  note: 'two processes',
  generator: 0.42,
};
const bytes: Row = { name: 'an idle socket', value: 6_200, unit: 'bytes', goal: 6_000, less: true, note: '' };

function runAt(at: string, rows: Readonly<Record<string, readonly Row[]>>): Run {
  const results = Object.entries(rows).map(([subject, measured]) => ({ subject, seconds: 1, rows: measured }));
  return { at, machine, load: { start: 0.1, end: 1.5 }, results };
}

const runs = [
  runAt('2026-11-01T10:00:00.000Z', { link: [{ ...ratio, ratio: 24 }], idle: [bytes] }),
  runAt('2026-11-21T02:08:00.000Z', { link: [ratio] }),
];

describe('the page of figures', () => {
  const page = pageOf(runs);
  const readme = page.get('README.md') ?? '';

  it('shows each figure as the newest run that has it measured it', () => {
    expect(readme).toContain(
      '| ✓ | calls over Link | 31.2 × unary calls | 29.4–33 | ≥ 30 | [2026-11-21 02:08](bench-2026-11-21-0208.txt) |',
    );
    expect(readme).toContain('| ✗ | an idle socket | 6,200 bytes |  | ≤ 6,000 | [2026-11-01 10:00]');
    expect(readme).not.toContain('| 24');
    expect(readme).toContain('1 of 2 goals are reached.');
  });

  it('says how it was measured, and how busy the load generator was', () => {
    expect(readme).toContain('two processes; median [least–most] of 5 rounds; the load generator used 42 % of a core');
    expect(pageOf([runAt(runs[1]!.at, { link: [{ ...ratio, generator: 0.97 }] })]).get('README.md')).toContain(
      '97 % of a core, and may be what was measured',
    );
    expect(readme).toContain('A processor, 2 cores, 16 GiB; Linux 6; Node 20.20.2');
  });

  it('leads to what runs of chaos printed', () => {
    expect(pageOf(runs, ['chaos-2026-11-21.txt']).get('README.md')).toContain(
      '- [chaos-2026-11-21](chaos-2026-11-21.txt)',
    );
    expect(readme).not.toContain('chaos');
  });

  it('draws every run that has a figure, and the goal', () => {
    const chart = page.get('charts/link.svg') ?? '';
    expect(chart.match(/<circle/g)).toHaveLength(2);
    expect(chart).toContain('<title>2026-11-01 10:00: 24</title>');
    expect(chart.match(/class="goal"/g)).toHaveLength(1);
    expect(chart).not.toContain('NaN');
    expect(page.get('charts/idle.svg')?.match(/<circle/g)).toHaveLength(1);
  });
});
