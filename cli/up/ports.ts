// The ports that a mesh on one machine uses inside: free ones, chosen once and kept, so that a restart finds them.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The kept ports of these names, but for those that somebody else has taken meanwhile. */
export async function choosePorts<Name extends string>(
  dataDir: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> {
  const file = join(dataDir, 'ports.json');
  const kept = portsIn(file);
  const chosen: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const port = kept[name];
    const taken = Object.values<number | undefined>(chosen);
    const reusable = typeof port === 'number' && !taken.includes(port) && (await isFree(port));
    chosen[name] = reusable ? port : await freePort([...taken, ...Object.values(kept)]);
  }
  // Those of processes that do not run this time stay theirs.
  writeFileSync(file, `${JSON.stringify({ ...kept, ...chosen }, null, 2)}\n`);
  return chosen as Record<Name, number>;
}

/** True when nobody listens on this port of loopback. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

async function freePort(without: readonly unknown[]): Promise<number> {
  for (;;) {
    const port = await listenOnce(0, '127.0.0.1');
    if (port === undefined) throw new Error('this machine has no free port on 127.0.0.1');
    if (!without.includes(port)) return port;
  }
}

function listenOnce(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

function portsIn(file: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, unknown>>;
  } catch {
    return {};
  }
}
