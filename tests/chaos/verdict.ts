// A run's outcome for people: what happened, and each promise with how often it was broken.

import type { Verdict } from './chaos.ts';
import { promises } from './checker.ts';

/** Contradictions of one promise that are told. */
const toldMax = 5;

export function verdictOf(seed: number, { history, violations, folder }: Verdict): string {
  const { sent, acknowledged, seen, logs, faults, away, refusals } = history;
  const entries = [...logs.values()].reduce((sum, log) => sum + log.length, 0);
  const counts = [
    `${faults.length} faults`,
    `${sent.length} messages sent`,
    `${acknowledged.length} changes acknowledged`,
    `${entries} entries in ${logs.size} logs`,
    `${seen.length} seen`,
    `${away.length} absences`,
    `${refusals.length} refusals`,
  ];
  const rows = Object.keys(promises).map((promise) => {
    const broken = violations.filter((violation) => violation.promise === promise);
    if (broken.length === 0) return `✓ ${promise}`;
    const more = broken.length > toldMax ? [`  … and ${broken.length - toldMax} more`] : [];
    return [`✗ ${promise}`, ...broken.slice(0, toldMax).map(({ detail }) => `    ${detail}`), ...more].join('\n');
  });
  const end =
    violations.length === 0
      ? `seed ${seed}: every promise held`
      : `seed ${seed}: ${violations.length} contradictions; data and logs in ${folder}`;
  return `\n${counts.join(' · ')}\n${rows.join('\n')}\n${end}`;
}
