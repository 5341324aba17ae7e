// One look-up of a DNS name: the addresses of the processes behind it now.

import { lookup, Resolver } from 'node:dns/promises';
import type { NameTarget } from './target.ts';

const askMs = 2_000;
const asksMax = 2;
/** Answers of DNS that mean "nothing of this kind", and not "I do not know". */
const nothing = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * `host:port` of each process, sorted: those with IPv4 addresses where there are any, else those with IPv6, since a
 * process of a dual-stack network has one of each. Throws what DNS says; empty where it knows of none.
 */
export async function lookUp(target: NameTarget): Promise<readonly string[]> {
  const { name, port, server } = target;
  const found = server === undefined ? await asThisMachine(name) : await asServer(name, server);
  return [...new Set(found)].sort().map((ip) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`));
}

async function asThisMachine(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true });
  const four = found.filter(({ family }) => family === 4);
  return (four.length > 0 ? four : found).map(({ address }) => address);
}

async function asServer(name: string, server: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: askMs, tries: asksMax });
  resolver.setServers([server]);
  const [four, six] = await Promise.all([orNothing(resolver.resolve4(name)), orNothing(resolver.resolve6(name))]);
  return four.length > 0 ? four : six;
}

function orNothing(answer: Promise<string[]>): Promise<readonly string[]> {
  return answer.catch((error: NodeJS.ErrnoException) => {
    if (nothing.has(error.code ?? '')) return [];
    throw error;
  });
}
