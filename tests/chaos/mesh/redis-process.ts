// Redis as a process of a chaos run. It keeps nothing: all of it may vanish at any moment.

import { freePort } from './free-port.ts';
import type { ProcessOptions } from './mesh-process.ts';

export async function redisProcess(folder: string): Promise<Partial<ProcessOptions>> {
  const port = await freePort();
  const kept = ['--save', '', '--appendonly', 'no', '--dir', folder];
  return {
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', ...kept],
    addressIn: (line) => (line.includes('Ready to accept connections') ? `127.0.0.1:${port}` : undefined),
  };
}
