import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { grpcCalls } from '../caller/grpc-calls.ts';
import type { MeshLinks } from '../caller/link-client/open-links.ts';
import { Owners } from '../caller/owners.ts';
import { PeerClients } from '../caller/peer-clients.ts';
import { coerce } from '../errors/coerce.ts';
import { refuse } from '../errors/refuse.ts';
import type { Api, MethodSchema } from '../schema/api.ts';
import { openMetrics } from '../telemetry/metrics.ts';
import {
  type EchoHandler,
  echoApi,
  echoDefinition,
  echoMethods,
  echoService,
  encodeNote,
  note,
} from './testdata/echo.ts';
import { openTestHost, openTestLinks, type TestHost, type TestHostOptions } from './testing.ts';

let api: Api;
const opened: { close(): unknown }[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  ({ api } = await echoApi());
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

type Opened = { readonly mesh: TestHost; readonly links: MeshLinks };

async function start(
  handlers: Parameters<typeof echoService>[0],
  overload: NonNullable<TestHostOptions['overload']>,
  more: Partial<TestHostOptions> = {},
): Promise<Opened> {
  const mesh = await openTestHost({ services: [echoService(handlers)], api, overload, ...more });
  opened.push(mesh);
  const links = await openTestLinks(mesh, api, [mesh.host.address]);
  opened.push(links);
  return { mesh, links };
}

/** The reason of a call's failure; `ok` when it has none. */
async function ask(links: MeshLinks, name: keyof typeof echoMethods): Promise<string> {
  const method = api.methods.get(echoMethods[name]) as MethodSchema;
  try {
    await links.request({ method, request: encodeNote(note('1')), signal });
    return 'ok';
  } catch (error) {
    const { reason, details } = coerce(error);
    if (reason === 'OVERLOADED') expect(details.retryAfterMs).toBeGreaterThan(0);
    return reason;
  }
}

/** A handler that waits until it is let go. */
function gate() {
  let open = () => {};
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  let entered = 0;
  const handler: EchoHandler = async (request) => {
    entered += 1;
    await opening;
    return request;
  };
  return { handler, open, entered: () => entered };
}

describe('a process whose calls pile up', () => {
  it('gives up what is least important first, sends last, and takes all again when they are done', async () => {
    const slow = gate();
    const metrics = openMetrics();
    opened.push(metrics);
    const { links } = await start({ say: slow.handler }, { runningMax: 8 }, { metrics });
    const said = [ask(links, 'say'), ask(links, 'say')];
    await expect.poll(slow.entered).toBe(2);
    expect([await ask(links, 'hail'), await ask(links, 'look')]).toEqual(['OVERLOADED', 'ok']);
    said.push(ask(links, 'say'), ask(links, 'say'));
    await expect.poll(slow.entered).toBe(4);
    expect([await ask(links, 'hail'), await ask(links, 'look')]).toEqual(['OVERLOADED', 'OVERLOADED']);
    for (let more = 0; more < 4; more += 1) said.push(ask(links, 'say'));
    await expect.poll(slow.entered).toBe(8);
    expect(await ask(links, 'say')).toBe('OVERLOADED');
    expect(await metrics.text()).toMatch(/circuit_shed_total\{importance="low"\} 2/);

    slow.open();
    expect(await Promise.all(said)).toEqual(Array.from({ length: 8 }, () => 'ok'));
    for (const name of ['hail', 'look', 'say'] as const) expect(await ask(links, name)).toBe('ok');
  });
});

describe('a process that is flooded with work', () => {
  it('sheds what is not important while sends go on, and needs no restart', async () => {
    const spin: EchoHandler = async (request) => {
      const until = performance.now() + 20;
      while (performance.now() < until);
      return request;
    };
    // Levels 2 and 3 are out of reach: what floods is not shed itself.
    const { links } = await start({ look: spin }, { loopDelayMs: [10, 60_000, 60_000] });
    let flooding = true;
    const flood = Array.from({ length: 8 }, async () => {
      while (flooding) expect(await ask(links, 'look')).toBe('ok');
    });
    await expect.poll(() => ask(links, 'hail'), { timeout: 15_000 }).toBe('OVERLOADED');
    expect(await ask(links, 'say')).toBe('ok');
    flooding = false;
    await Promise.all(flood);
    await expect.poll(() => ask(links, 'hail'), { timeout: 15_000 }).toBe('ok');
  });
});

describe('callers of a service that has too much to do', () => {
  const callsTo = (mesh: TestHost) => {
    const clients = new PeerClients({ keepConnections: true });
    opened.push(clients);
    return grpcCalls({
      api,
      service: 'probe',
      definitions: [echoDefinition],
      owners: new Owners({
        processesOf: () => [mesh.host.address],
        self: () => 'nowhere',
        services: new Set(),
        ready: () => true,
        sound: (all) => all,
      }),
      clients,
      token: () => mesh.issuer.issueService({ kind: 'system', key: 'probe' }),
      runHere: () => Promise.reject(new Error('nothing runs here')),
      clock: Date.now,
    });
  };
  const calls = 200;
  /** How many calls were refused, when so many are made of a service. */
  async function refused(mesh: TestHost): Promise<number> {
    const service = callsTo(mesh);
    const options = { signal, deadline: Date.now() + 10_000 };
    const outcomes = await Promise.allSettled(
      Array.from({ length: calls }, (_, key) => service.call(echoMethods.look, note(String(key)), options)),
    );
    return outcomes.filter(({ status }) => status === 'rejected').length;
  }

  it('do not ask again what was refused for that: it meets each call once', async () => {
    const slow = gate();
    const metrics = openMetrics();
    opened.push(metrics);
    const { mesh } = await start({ look: slow.handler }, { runningMax: 20 }, { metrics });
    const answered = refused(mesh);
    await expect
      .poll(async () => (await metrics.text()).includes('circuit_shed_total{importance="normal"} 190'))
      .toBe(true);
    expect(slow.entered()).toBe(10);
    slow.open();
    expect(await answered).toBe(calls - 10);
  });

  it('repeat few of many calls while most of them fail', async () => {
    let met = 0;
    const away: EchoHandler = () => {
      met += 1;
      return Promise.reject(refuse('UNAVAILABLE'));
    };
    const { mesh } = await start({ look: away }, {});
    expect(await refused(mesh)).toBe(calls);
    expect(met).toBeGreaterThanOrEqual(calls);
    expect(met).toBeLessThan(calls * 1.1);
  });
});
