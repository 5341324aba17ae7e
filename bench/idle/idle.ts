// Memory of an idle socket: signed in, on 20 topics, many of them; against sockets of raw uWebSockets.js on 20 topics.

import { Subject } from '../fanout/subject.ts';
import { versionOf } from '../peers.ts';
import { quoted } from '../rounds.ts';
import type { Row } from '../row.ts';

const sockets = 10_000;
const topicsPerSocket = 20;
/** Of a socket's topics two are its user's own. */
const conversationsPerUser = topicsPerSocket - 2;
const conversations = 5_000;
/** Opened before the first look, so that what is there once for all is not counted. */
const settled = 500;
const goalBytes = 6_000;
const rounds = 3;

export async function rows(): Promise<readonly Row[]> {
  const [edge, raw]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    edge.push(await edgeBytes());
    raw.push(await rawBytes());
  }
  const name = `idle socket on ${topicsPerSocket} topics`;
  const note = `resident memory of the server's process after collections, over ${figure(sockets)} sockets`;
  return [
    {
      name: `${name}, edge`,
      ...quoted(edge),
      unit: 'bytes',
      goal: goalBytes,
      less: true,
      note:
        `${note}; signed in, two topics of its user's own and ${conversationsPerUser} of ${figure(conversations)}; ` +
        'new processes in each round',
    },
    {
      name: `${name}, raw uWebSockets.js`,
      ...quoted(raw),
      unit: 'bytes',
      note: `${versionOf('uWebSockets.js')}; ${note}; ${topicsPerSocket} topics shared by all`,
    },
  ];
}

async function edgeBytes(): Promise<number> {
  const service = Subject.start('../fanout/service.js', import.meta.url);
  const server = Subject.start('../fanout/edge-server.js', import.meta.url);
  const load = Subject.start('../fanout/load.js', import.meta.url);
  try {
    const opened = await service.ask<{ address: string; secret: string }>('open', conversationsPerUser, conversations);
    const port = await server.ask<number>('open', opened.address, opened.secret);
    const tokens = await service.ask<string[]>('tokens', settled + sockets);
    const common = { port, path: '/ws', subprotocol: 'circuit.v1.json', greeting: 2 };
    return await perSocket(server, load, common, tokens);
  } finally {
    await Promise.all([service, server, load].map((subject) => subject.close()));
  }
}

async function rawBytes(): Promise<number> {
  const server = Subject.start('../fanout/raw-server.js', import.meta.url);
  const load = Subject.start('../fanout/load.js', import.meta.url);
  try {
    const port = await server.ask<number>('open', topicsPerSocket);
    return await perSocket(server, load, { port, path: '/ws', greeting: 1 }, ['']);
  } finally {
    await Promise.all([server, load].map((subject) => subject.close()));
  }
}

type Common = {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string;
  readonly greeting: number;
};

async function perSocket(server: Subject, load: Subject, common: Common, tokens: readonly string[]): Promise<number> {
  await load.ask('open', { ...common, tokens: tokens.slice(0, settled), count: settled });
  const before = await server.residentBytes();
  const rest = tokens.length > settled ? tokens.slice(settled) : tokens;
  await load.ask('open', { ...common, tokens: rest, count: sockets });
  return ((await server.residentBytes()) - before) / sockets;
}

function figure(value: number): string {
  return value.toLocaleString('en');
}
