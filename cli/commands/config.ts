// `circuit config [role]`: what a process would run with; secrets are not shown.
// `circuit config --table`: every setting; `circuit config --metrics`: every metric.

import { loadConfig } from '../../mesh/config/config.ts';
import { printedConfig, settingsTable } from '../../mesh/config/printed.ts';
import type { Role } from '../../mesh/config/setting.ts';
import { describedMetrics } from '../../mesh/telemetry/printed.ts';
import { UsageError } from '../process/usage-error.ts';

const roles: readonly Role[] = ['edge', 'service', 'store', 'migrate'];

export const usage = `circuit config [${roles.join(' | ')} | --table | --metrics]`;

export async function run(args: readonly string[]): Promise<void> {
  const [what] = args;
  if (what === '--table') {
    process.stdout.write(`${settingsTable()}\n`);
    return;
  }
  if (what === '--metrics') {
    process.stdout.write(describedMetrics());
    return;
  }
  const role = roles.find((name) => name === what);
  if (what !== undefined && role === undefined) throw new UsageError(usage);
  process.stdout.write(`${printedConfig(loadConfig(role))}\n`);
}
