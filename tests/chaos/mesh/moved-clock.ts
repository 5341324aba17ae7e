// Loaded into a process by --import: its wall clock is off by as many milliseconds as the file CHAOS_CLOCK says, read
// again at every SIGUSR2. Timers and performance.now go on as they were, as with a real clock that is set.

import { readFileSync } from 'node:fs';

const file = process.env.CHAOS_CLOCK ?? '';
const TrueDate = Date;
let offMs = read();

process.on('SIGUSR2', () => {
  offMs = read();
});

function read(): number {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return 0;
  }
}

const now = () => TrueDate.now() + offMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new TrueDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
