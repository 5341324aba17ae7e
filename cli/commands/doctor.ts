// `circuit doctor`: what is missing on this machine, and what to do about it. Ends with 1 when the mesh could not run.

import type { Finding } from '../doctor/finding.ts';
import { looks } from '../doctor/looks.ts';

const marks: Readonly<Record<Finding['state'], string>> = { ok: '✓', missing: '✗', absent: '–' };

export const usage = 'circuit doctor';

export async function run(): Promise<void> {
  const findings = await Promise.all(looks.map(async ({ name, look }) => ({ name, ...(await look()) })));
  process.stdout.write(`${findings.map(told).join('\n')}\n\n${verdict(findings)}\n`);
  process.exitCode = findings.some(({ state }) => state === 'missing') ? 1 : 0;
}

function told({ name, state, told, remedy }: Finding): string {
  const line = `${marks[state]} ${name.padEnd(14)} ${told}`;
  return remedy === undefined ? line : `${line}\n  ${' '.repeat(14)} → ${remedy}`;
}

function verdict(findings: readonly Finding[]): string {
  const missing = findings.filter(({ state }) => state === 'missing').map(({ name }) => name);
  const absent = findings.filter(({ state }) => state === 'absent').map(({ name }) => name);
  if (missing.length > 0) return `The mesh cannot run here yet: ${missing.join(', ')}.`;
  return absent.length > 0
    ? `The mesh can run here; not all tests can: ${absent.join(', ')}.`
    : 'The mesh can run here.';
}
