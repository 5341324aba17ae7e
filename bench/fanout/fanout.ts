// Fan-out: events of 1 KB to many sockets, per second of the server's processor time. The edge, raw uWebSockets.js and
// Socket.IO in turn, each in a process of its own, with the same readers and the same number of bytes.

import { jsonFormat } from '../../edge/socket/json-format.ts';
import { ContentType } from '../../gen/circuit/chat/v1/content.ts';
import { MessageNewEvent } from '../../gen/circuit/chat/v1/events.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import type { Row } from '../row.ts';
import { conversationTopic } from './mesh.ts';
import { Subject } from './subject.ts';

const frameBytes = 1_024;
const socketCounts = [100, 1_000] as const;
/** Events that are published at once; then all of them are waited for. */
const eventsPerRound = 128;
/** Deliveries of one measurement. */
const deliveries = 640_000;
/** Until code is compiled and memory that goes round has gone round. */
const warmUpDeliveries = 6_000_000;
/** Socket.IO takes so much longer that it is measured on fewer. */
const fewer = 16;
/** Each is measured so often, in turn; the median counts. */
const passes = 5;

const kinds = ['raw', 'edge', 'socketIo'] as const;
type Kind = (typeof kinds)[number];

type Running = {
  readonly server: Subject;
  readonly publisher: Subject;
  readonly load: Subject;
  readonly text: string;
  readonly sockets: number;
  frames: number;
};

export async function rows(): Promise<readonly Row[]> {
  const measured: Row[] = [];
  for (const sockets of socketCounts) {
    const running: Record<Kind, Running> = {
      raw: await openRaw(sockets),
      edge: await openEdgeSubject(sockets),
      socketIo: await openSocketIo(sockets),
    };
    const rates: Record<Kind, number[]> = { raw: [], edge: [], socketIo: [] };
    for (const kind of kinds) await run(running[kind], roundsFor(kind, warmUpDeliveries, sockets));
    for (let pass = 0; pass < passes; pass++) {
      for (const kind of kinds) {
        rates[kind].push(await rate(running[kind], roundsFor(kind, deliveries, sockets)));
      }
    }
    for (const { server, publisher, load } of Object.values(running)) {
      await Promise.all([server, publisher, load].map((subject) => subject.close()));
    }
    measured.push(...rowsOf(sockets, rates));
  }
  return measured;
}

function rowsOf(sockets: number, rates: Record<Kind, readonly number[]>): Row[] {
  const [edge, raw, socketIo] = [median(rates.edge), median(rates.raw), median(rates.socketIo)];
  const name = `fan-out of 1 KB to ${sockets.toLocaleString('en')} sockets`;
  const unit = 'deliveries/s of processor time';
  const thousands = (value: number): number => Math.round(value / 1_000);
  const spread = (values: readonly number[]): string =>
    `${thousands(Math.min(...values))}–${thousands(Math.max(...values))} thousand in ${passes} passes`;
  return [
    {
      name: `${name}, edge`,
      value: edge,
      unit,
      ratio: edge / raw,
      of: 'raw uWebSockets.js publish',
      goal: 0.9,
      note:
        `${spread(rates.edge)}, in rounds of ${eventsPerRound} events; ` +
        "over a Link from a service's process, decoded, ordered, encoded, kept for resuming",
    },
    { name: `${name}, raw uWebSockets.js`, value: raw, unit, note: `${spread(rates.raw)}; the same bytes, made once` },
    {
      name: `${name}, edge against Socket.IO`,
      value: edge,
      unit,
      ratio: edge / socketIo,
      of: `Socket.IO (${Math.round(socketIo / 1_000)} thousand)`,
      goal: 15,
      note: `Socket.IO: ${spread(rates.socketIo)}; its defaults, WebSocket only, emit to a room`,
    },
  ];
}

function roundsFor(kind: Kind, count: number, sockets: number): number {
  return Math.ceil(count / sockets / eventsPerRound / (kind === 'socketIo' ? fewer : 1));
}

/** Deliveries for each second of the server's processor time. */
async function rate(running: Running, rounds: number): Promise<number> {
  const before = await running.server.cpuSeconds();
  await run(running, rounds);
  const used = (await running.server.cpuSeconds()) - before;
  return (rounds * eventsPerRound * running.sockets) / used;
}

async function run(running: Running, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    running.frames += eventsPerRound * running.sockets;
    const arrived = running.load.ask('until', running.frames);
    await running.publisher.ask('publish', eventsPerRound, running.text);
    await arrived;
  }
}

async function openEdgeSubject(sockets: number): Promise<Running> {
  const publisher = Subject.start('./service.js', import.meta.url);
  const { address, secret } = await publisher.ask<{ address: string; secret: string }>('open', 1, 1);
  const server = Subject.start('./edge-server.js', import.meta.url);
  const port = await server.ask<number>('open', address, secret);
  const tokens = await publisher.ask<string[]>('tokens', sockets);
  const load = Subject.start('./load.js', import.meta.url);
  const subprotocol = 'circuit.v1.json';
  await load.ask('open', { port, path: '/ws', subprotocol, tokens, count: sockets, greeting: 2 });
  return { server, publisher, load, text: sample().bytes, sockets, frames: 0 };
}

async function openRaw(sockets: number): Promise<Running> {
  const server = Subject.start('./raw-server.js', import.meta.url);
  const port = await server.ask<number>('open', 1);
  const load = Subject.start('./load.js', import.meta.url);
  await load.ask('open', { port, path: '/ws', tokens: [''], count: sockets, greeting: 1 });
  return { server, publisher: server, load, text: sample().frame, sockets, frames: 0 };
}

async function openSocketIo(sockets: number): Promise<Running> {
  const server = Subject.start('./socket-io-server.js', import.meta.url);
  const port = await server.ask<number>('open');
  const load = Subject.start('./load.js', import.meta.url);
  const path = '/socket.io/?EIO=4&transport=websocket';
  // `0{…}` opens the engine, `40` asks for the namespace, `40{…}` grants it.
  await load.ask('open', { port, path, tokens: [''], count: sockets, greeting: 2, say: '40' });
  return { server, publisher: server, load, text: sample().data, sockets, frames: 0 };
}

/** The frame of a text message, filled up to 1 KB; the bytes that its event has on the way to the edge. */
function sample(): { readonly frame: string; readonly data: string; readonly bytes: string } {
  const schema = loadApiFile().pushes.get('message.new')?.message;
  if (schema === undefined) throw new Error('The API lacks message.new.');
  const words = 'Pond 4: dissolved oxygen 2.1 mg/l at 04:30, aerators 1 to 6 on, feed held back. ';
  for (let length = 100; ; length++) {
    const content = { type: ContentType.CONTENT_TYPE_TEXT, text: words.repeat(20).slice(0, length) };
    const sender = { userKey: '100000000001', displayName: 'Asha' };
    const message = { messageId: '300000000001', conversationId: '000000000000', seq: 100_000, sender, content };
    const encoded = MessageNewEvent.encode(MessageNewEvent.fromPartial({ message })).finish();
    const data = schema.decodeJson(encoded);
    const frame = jsonFormat.event('message.new', conversationTopic(0), 100_000, schema, encoded);
    if (frame.length >= frameBytes) return { frame, data, bytes: Buffer.from(encoded).toString('base64') };
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
