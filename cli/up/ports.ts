// The ports that a mesh on one machine uses inside: free ones, chosen once and kept, so that a restart finds them.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const innerPorts = ['store', 'services', 'servicesAdmin', 'edgeAdmin'] as const;
export type InnerPorts = Readonly<Record<(typeof innerPorts)[number], number>>;

/** The kept ports, but for those that somebody else has taken meanwhile. */
export async function choosePorts(dataDir: string): Promise<InnerPorts> {
  const file = join(dataDir, 'ports.json');
  const kept = keptPorts(file);
  const chosen: Record<string, number> = {};
  for (const name of innerPorts) {
    const port = kept[name];
    const reusable = typeof port === 'number' && !Object.values(chosen).includes(port) && (await isFree(port));
    chosen[name] = reusable ? port : await freePort(Object.values(chosen));
  }
  writeFileSync(file, `${JSON.stringify(chosen, null, 2)}\n`);
  return chosen as InnerPorts;
}

/** True when nobody listens on this port of loopback. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

async function freePort(without: readonly number[]): Promise<number> {
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

function keptPorts(file: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, unknown>>;
  } catch {
    return {};
  }
}
