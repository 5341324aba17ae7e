// The ports that a mesh on one machine uses inside: free ones, chosen once and kept, so that a restart finds them.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** `edge` is used only where the edge may take any port: then it keeps it, so that its clients find it again. */
export const keptPorts = ['store', 'services', 'servicesAdmin', 'edgeAdmin', 'edge'] as const;
export type KeptPorts = Readonly<Record<(typeof keptPorts)[number], number>>;

/** The kept ports, but for those that somebody else has taken meanwhile. */
export async function choosePorts(dataDir: string): Promise<KeptPorts> {
  const file = join(dataDir, 'ports.json');
  const kept = portsIn(file);
  const chosen: Record<string, number> = {};
  for (const name of keptPorts) {
    const port = kept[name];
    const reusable = typeof port === 'number' && !Object.values(chosen).includes(port) && (await isFree(port));
    chosen[name] = reusable ? port : await freePort(Object.values(chosen));
  }
  writeFileSync(file, `${JSON.stringify(chosen, null, 2)}\n`);
  return chosen as KeptPorts;
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

function portsIn(file: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, unknown>>;
  } catch {
    return {};
  }
}
