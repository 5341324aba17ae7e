// Redis for a mesh on one machine, where this machine has it: it keeps nothing, and dies with whoever started it.

import { execFileSync } from 'node:child_process';
import type { Program } from './child.ts';

/** The oldest that has sharded publish. */
const majorMin = 7;

/** The program, or what is missing on this machine to run it. */
export function redisProgram(port: number): Program | string {
  const version = /v=([0-9]+)\./.exec(printed('redis-server', ['--version']))?.[1];
  if (version === undefined) return 'there is no redis-server here';
  if (Number(version) < majorMin) return `the redis-server here is older than ${majorMin}`;
  // It does not notice by itself that its parent is gone, and would be left behind.
  if (!printed('setpriv', ['--help']).includes('--pdeathsig')) return 'redis-server would outlive it here';
  const server = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return {
    command: 'setpriv',
    args: ['--pdeathsig', 'KILL', 'redis-server', ...server],
    ready: /Ready to accept connections/,
    address: `redis://127.0.0.1:${port}`,
  };
}

function printed(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
