// Measures one subject and prints its rows as JSON on the last line: a process of its own for each.

import type { Row } from './row.ts';

const modules: Readonly<Record<string, () => Promise<{ rows(): Promise<readonly Row[]> }>>> = {
  schema: () => import('./schema/schema.ts'),
  link: () => import('./link/link.ts'),
  store: () => import('./store/store.ts'),
  appender: () => import('./chat/appender.ts'),
  fanout: () => import('./fanout/fanout.ts'),
  idle: () => import('./idle/idle.ts'),
  sends: () => import('./sends/sends.ts'),
  latency: () => import('./latency/latency.ts'),
  history: () => import('./history/history.ts'),
};

const subject = process.argv[2] ?? '';
const load = modules[subject];
if (!load) throw new Error(`no bench named '${subject}'`);
const { rows } = await load();
const measured = await rows();
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
