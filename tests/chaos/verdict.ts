// A run's outcome for people: where it ran, what happened, how much of it proves something, and each promise with what
// contradicts it.

import { headInWords } from '../../bench/words.ts';
import type { Violation } from './checker.ts';
import { arrivalMsMax, recoveryMs } from './promises/time.ts';
import type { Summary } from './summary.ts';

/** Contradictions of one promise that are told. */
const toldMax = 5;

export function verdictOf(summary: Summary, violations: readonly Violation[]): string {
  const { seed, seconds, clients, redis, loadBefore, loadAfter } = summary;
  const promised = Object.keys(summary.promises).map((promise) => {
    const broken = violations.filter((violation) => violation.promise === promise);
    if (broken.length === 0) return `✓ ${promise}`;
    const more = broken.length > toldMax ? [`  … and ${broken.length - toldMax} more`] : [];
    return [`✗ ${promise}`, ...broken.slice(0, toldMax).map(({ detail }) => `    ${detail}`), ...more].join('\n');
  });
  const end = violations.length === 0 ? 'every promise held' : `${violations.length} contradictions`;
  return [
    '',
    `${headInWords(summary, loadBefore)} before, ${loadAfter.toFixed(2)} after`,
    `seed ${seed}, ${seconds} s, ${clients} clients, events over ${redis ? 'Redis' : 'Links'}`,
    '',
    ...figuresOf(summary).map(([name, words]) => `${name.padEnd(14)}${words}`),
    '',
    ...promised,
    '',
    `seed ${seed}: ${end}`,
  ].join('\n');
}

function figuresOf({ counts, faults, proof }: Summary): readonly (readonly [string, string])[] {
  const { timeShare, headCheckShare, arrivals, arrivalsInAll, slowestMs, recoveredMs } = proof;
  const kinds = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  const all = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const { sent, acknowledged, entries, conversations, delivered, catchUps, refusals, told, withheld } = counts;
  return [
    ['faults', `${all}${all > 0 ? `: ${kinds.join(', ')}` : ''}`],
    ['sent', `${figure(sent)} messages`],
    ['acknowledged', `${figure(acknowledged)} messages and changes; ${figure(refusals)} refusals, each for a reason`],
    ['stored', `${figure(entries)} entries in ${figure(conversations)} conversations`],
    ['delivered', `${figure(delivered)} entries, each to one client; ${figure(catchUps)} catch-ups`],
    ['told', `${figure(told)} times a device was told how far another has read`],
    ['withheld', `${figure(withheld)} edits came without their words: somebody had come after the message`],
    ['under proof', `${percent(timeShare)} of the time, ${percent(arrivals / arrivalsInAll)} of the timed arrivals`],
    [
      'head checks',
      `${percent(headCheckShare)} of the time under proof: a killed chat process excuses them for longer`,
    ],
    [
      'slowest',
      `${ms(slowestMs)} of these ${figure(arrivals)}, which no fault excuses; ${ms(arrivalMsMax)} are allowed`,
    ],
    ['recovery', `${ms(recoveredMs)} after a fault something last went wrong; ${ms(recoveryMs)} are allowed`],
  ];
}

const figure = (value: number) => value.toLocaleString('en-GB');
const ms = (value: number) => `${figure(Math.round(value))} ms`;
const percent = (share: number) => `${Math.round((share || 0) * 100)} %`;
