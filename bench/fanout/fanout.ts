// Fan-out: events of 1 KB to many sockets, per second of the server's processor time. The edge, raw uWebSockets.js, ws
// and Socket.IO in turn, each in a process of its own, with the same readers and the same number of bytes.

import { arenaBytesMax } from '../../edge/limits.ts';
import { jsonFormat } from '../../edge/socket/json-format.ts';
import { ContentType } from '../../gen/circuit/chat/v1/content.ts';
import { MessageNewEvent } from '../../gen/circuit/chat/v1/events.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { median } from '../median.ts';
import { versionOf } from '../peers.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import type { LoadOptions } from './load.ts';
import { conversationTopic } from './mesh.ts';
import { Subject } from './subject.ts';

const frameBytes = 1_024;
const socketCounts = [100, 1_000] as const;
/** Events that are published at once. */
const eventsPerRound = 64;
/** Rounds on their way at a time; less than the edge lets wait for one socket. */
const roundsInFlight = 2;
/** Deliveries of one measurement. */
const deliveries = 640_000;
/**
 * An edge keeps frames for those who come back, in memory that goes round. Its first round costs a page from the system
 * for every few events, in its first minutes; what lasts is measured after it.
 */
const eventsOfFirstRound = Math.ceil(arenaBytesMax / frameBytes);
/** Until code is compiled. */
const warmUpEvents = 30_000;
const warmUpMsMax = 12_000;
/** Each is measured so often, in turn; the median counts. On a busy machine fewer passes fit into the time. */
const passesMax = 9;
const passesMin = 3;
const passesMsMax = 25_000;

const kinds = ['raw', 'edge', 'ws', 'socketIo'] as const;
type Kind = (typeof kinds)[number];
/** The slower take so much longer that they are measured on fewer deliveries. */
const fewer: Readonly<Record<Kind, number>> = { raw: 1, edge: 1, ws: 8, socketIo: 16 };

type Running = {
  readonly kind: Kind;
  readonly server: Subject;
  readonly publisher: Subject;
  readonly load: Subject;
  /** What a publish is told to send. */
  readonly text: string;
  /** Opens so many sockets more. */
  readonly more: (count: number) => Promise<void>;
  sockets: number;
  frames: number;
};

/** Of one pass: deliveries a second of the server's processor time, and the shares of a core that were used. */
type Pass = { readonly perSecond: number; readonly server: number; readonly generator: number };
type Passes = Readonly<Record<Kind, Pass[]>>;

export async function rows(): Promise<readonly Row[]> {
  const running: Record<Kind, Running> = {
    raw: await openRaw(),
    edge: await openEdgeSubject(),
    ws: await openWs(),
    socketIo: await openSocketIo(),
  };
  await open(running.edge, 1);
  await run(running.edge, Math.ceil(eventsOfFirstRound / eventsPerRound));
  const measured: Row[] = [];
  for (const sockets of socketCounts) {
    for (const one of Object.values(running)) await open(one, sockets);
    measured.push(...rowsOf(sockets, await measure(running)));
  }
  for (const { server, publisher, load } of Object.values(running)) {
    await Promise.all([server, publisher, load].map((subject) => subject.close()));
  }
  return measured;
}

async function open(running: Running, sockets: number): Promise<void> {
  await running.more(sockets - running.sockets);
  running.sockets = sockets;
}

/** A pass is each kind, one right after another: what else the machine does comes to all of them. */
async function measure(running: Readonly<Record<Kind, Running>>): Promise<Passes> {
  for (const kind of kinds) {
    const until = Date.now() + warmUpMsMax / kinds.length;
    const rounds = Math.ceil(warmUpEvents / eventsPerRound / fewer[kind]);
    for (let done = 0; done < rounds && Date.now() < until; done += roundsInFlight) {
      await run(running[kind], roundsInFlight);
    }
  }
  const passes: Passes = { raw: [], edge: [], ws: [], socketIo: [] };
  const until = Date.now() + passesMsMax;
  for (let pass = 0; pass < passesMax && (pass < passesMin || Date.now() < until); pass++) {
    for (const kind of kinds) {
      const rounds = Math.ceil(deliveries / fewer[kind] / running[kind].sockets / eventsPerRound);
      passes[kind].push(await measurePass(running[kind], rounds));
    }
  }
  return passes;
}

function rowsOf(sockets: number, passes: Passes): Row[] {
  const rates = (kind: Kind) => passes[kind].map((pass) => pass.perSecond);
  const name = `fan-out of 1 KB to ${sockets.toLocaleString('en')} sockets`;
  const common = (kind: Kind) => ({
    ...quoted(rates(kind)),
    unit: 'deliveries/s of processor time',
    generator: median(passes[kind].map((pass) => pass.generator)),
  });
  const busy = (kind: Kind) =>
    `the server used ${(median(passes[kind].map((pass) => pass.server)) * 100).toFixed(0)} %`;
  const raw = `raw uWebSockets.js ${versionOf('uWebSockets.js')}`;
  const rawIsTimes = (kind: Kind) =>
    `${raw} itself is ${against(rates('raw'), rates(kind)).ratio.toFixed(1)} times as fast`;
  return [
    {
      name: `${name}, edge`,
      ...common('edge'),
      ...against(rates('edge'), rates('raw')),
      of: 'raw uWebSockets.js publish',
      goal: 0.9,
      note:
        `${eventsPerRound * roundsInFlight} events in flight; over a Link from a service's process, decoded, ` +
        `ordered, encoded, kept for resuming; ${busy('edge')}`,
    },
    {
      name: `${name}, edge against Socket.IO`,
      ...common('edge'),
      ...against(rates('edge'), rates('socketIo')),
      of: 'Socket.IO',
      goal: 15,
      note: rawIsTimes('socketIo'),
    },
    {
      name: `${name}, edge against ws`,
      ...common('edge'),
      ...against(rates('edge'), rates('ws')),
      of: 'ws',
      note: rawIsTimes('ws'),
    },
    {
      name: `${name}, raw uWebSockets.js`,
      ...common('raw'),
      note: `${versionOf('uWebSockets.js')}; the same text, published by the process itself; ${busy('raw')}`,
    },
    {
      name: `${name}, ws`,
      ...common('ws'),
      note: `${versionOf('ws')}, its defaults (no compression), the same bytes, one send to each; ${busy('ws')}`,
    },
    {
      name: `${name}, Socket.IO`,
      ...common('socketIo'),
      note: `${versionOf('socket.io')}, its defaults but WebSocket only, emit to a room; ${busy('socketIo')}`,
    },
  ];
}

async function measurePass(running: Running, rounds: number): Promise<Pass> {
  const { server, load, sockets } = running;
  const [serverBefore, loadBefore] = [await server.cpuSeconds(), await load.cpuSeconds()];
  const started = performance.now();
  await run(running, rounds);
  const seconds = (performance.now() - started) / 1_000;
  const used = (await server.cpuSeconds()) - serverBefore;
  return {
    perSecond: (rounds * eventsPerRound * sockets) / used,
    server: used / seconds,
    generator: ((await load.cpuSeconds()) - loadBefore) / seconds,
  };
}

/** A round is published when one has come to all readers: the server is never without work, nor with too much. */
async function run(running: Running, rounds: number): Promise<void> {
  const { publisher, load, text, sockets } = running;
  let published = 0;
  const publish = async (): Promise<void> => {
    if (published++ < rounds) await publisher.ask('publish', eventsPerRound, text);
  };
  for (let round = 0; round < roundsInFlight; round++) await publish();
  for (let round = 0; round < rounds; round++) {
    running.frames += eventsPerRound * sockets;
    await load.ask('until', running.frames).catch((err: Error) => {
      throw new Error(`${running.kind}, ${sockets} sockets: ${err.message}`);
    });
    await publish();
  }
}

async function openEdgeSubject(): Promise<Running> {
  const publisher = Subject.start('./service.js', import.meta.url);
  const { address, secret } = await publisher.ask<{ address: string; secret: string }>('open', 1, 1);
  const server = Subject.start('./edge-server.js', import.meta.url);
  const port = await server.ask<number>('open', address, secret);
  const tokens = await publisher.ask<string[]>('tokens', Math.max(...socketCounts));
  const load = Subject.start('./load.js', import.meta.url);
  const options = { port, path: '/ws', subprotocol: 'circuit.v1.json', tokens, greeting: 2 };
  return running({ kind: 'edge', server, publisher, load, text: sample().bytes }, options);
}

async function openRaw(): Promise<Running> {
  const server = Subject.start('./raw-server.js', import.meta.url);
  const port = await server.ask<number>('open', 1);
  const load = Subject.start('./load.js', import.meta.url);
  const options = { port, path: '/ws', tokens: [''], greeting: 1 };
  return running({ kind: 'raw', server, publisher: server, load, text: sample().frame }, options);
}

async function openWs(): Promise<Running> {
  const server = Subject.start('./ws-server.js', import.meta.url);
  const port = await server.ask<number>('open');
  const load = Subject.start('./load.js', import.meta.url);
  const options = { port, path: '/ws', tokens: [''], greeting: 1 };
  return running({ kind: 'ws', server, publisher: server, load, text: sample().frame }, options);
}

async function openSocketIo(): Promise<Running> {
  const server = Subject.start('./socket-io-server.js', import.meta.url);
  const port = await server.ask<number>('open');
  const load = Subject.start('./load.js', import.meta.url);
  const path = '/socket.io/?EIO=4&transport=websocket';
  // `0{…}` opens the engine, `40` asks for the namespace, `40{…}` grants it.
  const options = { port, path, tokens: [''], greeting: 2, say: '40' };
  return running({ kind: 'socketIo', server, publisher: server, load, text: sample().data }, options);
}

function running(
  processes: Pick<Running, 'kind' | 'server' | 'publisher' | 'load' | 'text'>,
  options: Omit<LoadOptions, 'count'>,
): Running {
  const more = (count: number) => processes.load.ask<void>('open', { ...options, count });
  return { ...processes, more, sockets: 0, frames: 0 };
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
