// Link against plain gRPC: the same small echo between two processes, by unary calls of grpc-js, by unary calls to a
// host, and by a Link to that host. Each with many calls in flight; the rates are calls that were answered.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { MeshLinks } from '../../mesh/caller/link-client/open-links.ts';
import { echoApi, echoMethods, encodeNote, note } from '../../mesh/host/testdata/echo.ts';
import { asha, openTestLinks, openTrust } from '../../mesh/host/testing.ts';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import { ownShare } from '../load/own-share.ts';
import { median } from '../median.ts';
import { versionOf } from '../peers.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';

const secret = 'the secret of a bench, known to both processes';
const roundMs = 1_000;
const rounds = 5;
const roundTrips = 500;
const eventsInRound = 100_000;
/** Calls in flight: as many as gRPC gets faster by, and as an edge with some thousand busy sockets has. */
const unaryInFlight = 128;
const linkInFlight = 2_048;

type Work = (done: () => void) => void;

export async function rows(): Promise<readonly Row[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./service.js', import.meta.url)), secret], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const addresses = JSON.parse(line) as { host: string; bare: string };
  const { api } = await echoApi();
  const trust = openTrust(Date.now, secret);
  const links = await openTestLinks(trust, api, [addresses.host]);
  const token = await trust.issuer.issueUser(asha);
  const request = encodeNote(note('000000000042', 'DO is 2.1'));

  const bare = unary(addresses.bare, request, '');
  const plain = unary(addresses.host, request, token);
  const overLink = link(links, api.methods.get(echoMethods.say)!, request, token);
  const measured: Round[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      measured.push({
        bare: await rate(bare.work, unaryInFlight),
        plain: await rate(plain.work, unaryInFlight),
        ...(await linkRate(overLink)),
        bareMs: await roundTripMs(bare.work),
        linkMs: await roundTripMs(overLink),
        events: await eventRate(links, api.methods.get(echoMethods.look)!),
      });
    }
  } finally {
    bare.client.close();
    plain.client.close();
    await links.close();
    child.kill();
    await once(child, 'exit');
  }
  // The first round warms up.
  return rowsOf(measured.slice(1));
}

/** Calls a second with many in flight, the median round trip of one alone, events a second, and the caller's share. */
type Round = Readonly<Record<'bare' | 'plain' | 'link' | 'bareMs' | 'linkMs' | 'events' | 'caller', number>>;

function rowsOf(measured: readonly Round[]): Row[] {
  const each = (name: keyof Round) => measured.map((round) => round[name]);
  const of = 'unary calls of bare grpc-js';
  const how = `two processes, each of ${roundMs / 1_000} s, taken in turn`;
  const share = (median(each('caller')) * 100).toFixed(0);
  const caller = `the caller, a side of what is measured, used ${share} % of a core`;
  return [
    {
      name: of,
      ...quoted(each('bare')),
      unit: 'calls/s',
      note: `grpc-js ${versionOf('@grpc/grpc-js')}, ${how}, ${unaryInFlight} in flight, no service behind`,
    },
    {
      name: 'unary calls to a host',
      ...quoted(each('plain')),
      unit: 'calls/s',
      ...against(each('plain'), each('bare')),
      of,
      note: `${how}, ${unaryInFlight} in flight; token, rule, fields, handler`,
    },
    {
      name: 'calls over Link',
      ...quoted(each('link')),
      unit: 'calls/s',
      ...against(each('link'), each('bare')),
      of,
      goal: 30,
      note: `${how}, ${linkInFlight} in flight; session, rule, fields, handler; ${caller}`,
    },
    {
      name: 'round trip of one call over Link',
      ...quoted(each('linkMs')),
      unit: 'ms',
      ...against(each('linkMs'), each('bareMs')),
      of,
      goal: 1,
      less: true,
      note: `nothing else in flight, median of ${roundTrips} in each round: batches add no delay`,
    },
    {
      name: 'events of 1 KB over Link',
      ...quoted(each('events')),
      unit: 'events/s',
      note: `${eventsInRound} in each round, from publish in a service to the listener in an edge`,
    },
  ];
}

async function linkRate(work: Work): Promise<Pick<Round, 'link' | 'caller'>> {
  const share = ownShare();
  return { link: await rate(work, linkInFlight), caller: share() };
}

function unary(address: string, request: Buffer, token: string): { client: Client; work: Work } {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== '') metadata.set('authorization', `Bearer ${token}`);
  const asIs = (bytes: Buffer) => bytes;
  const work: Work = (done) => {
    client.makeUnaryRequest(`/${echoMethods.say}`, asIs, asIs, request, metadata, (error) => {
      if (error) throw error;
      done();
    });
  };
  return { client, work };
}

function link(links: MeshLinks, method: MethodSchema, request: Buffer, token: string): Work {
  const session = links.openSession('bench', token);
  return (done) => {
    links.call({
      method,
      request,
      session,
      affinity: 'bench',
      done: (error) => {
        if (error !== undefined) queueMicrotask(() => Promise.reject(error));
        done();
      },
    });
  };
}

/** Answered calls a second, with so many always in flight. */
async function rate(work: Work, inFlight: number): Promise<number> {
  let answered = 0;
  let going = true;
  let open = 0;
  let ended = () => {};
  const allEnded = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const done = () => {
    answered += 1;
    if (going) work(done);
    else if (--open === 0) ended();
  };
  const started = performance.now();
  for (; open < inFlight; open += 1) work(done);
  await after(roundMs);
  const perSecond = (answered / (performance.now() - started)) * 1_000;
  going = false;
  await allEnded;
  return Math.round(perSecond);
}

/** The median time of calls that are made one after another. */
async function roundTripMs(work: Work): Promise<number> {
  const times: number[] = [];
  for (let trip = 0; trip < roundTrips; trip += 1) {
    const started = performance.now();
    await new Promise<void>((resolve) => work(resolve));
    times.push(performance.now() - started);
  }
  return median(times);
}

/** Events a second from one service to this edge. */
async function eventRate(links: MeshLinks, publish: MethodSchema): Promise<number> {
  const key = `bench${Math.random()}`;
  await links.subscriptions.subscribe(`e:${key}`, AbortSignal.timeout(5_000));
  let heard = 0;
  const all = new Promise<void>((resolve) => {
    links.subscriptions.onEvent((event) => {
      if (event.topic === `e:${key}` && ++heard === eventsInRound) resolve();
    });
  });
  const started = performance.now();
  const request = encodeNote(note(key, String(eventsInRound)));
  await Promise.all([all, links.request({ method: publish, request, signal: AbortSignal.timeout(60_000) })]);
  const perSecond = (eventsInRound / (performance.now() - started)) * 1_000;
  links.subscriptions.unsubscribe(`e:${key}`);
  return Math.round(perSecond);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
