// A load generator in a process of its own: told what to do by a message, it answers with what it measured.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs `bench/<path>.js` and resolves with what it sends back; `cpuSeconds` is what it used itself. */
export function runLoad<Task, Result>(path: string, task: Task): Promise<Result & { readonly cpuSeconds: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL(`../${path}.js`, import.meta.url)), { serialization: 'advanced' });
    child.once('message', (result) => resolve(result as Result & { cpuSeconds: number }));
    child.once('close', (code) => reject(new Error(`the load generator ${path} ended with ${code}`)));
    child.send(task as object);
  });
}

/** The other side of `runLoad`. */
export function serveLoad<Task, Result extends object>(work: (task: Task) => Promise<Result>): void {
  process.once('message', async (task) => {
    const result = await work(task as Task);
    const { user, system } = process.cpuUsage();
    process.send?.({ ...result, cpuSeconds: (user + system) / 1e6 }, () => process.exit(0));
  });
}
