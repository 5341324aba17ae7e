import { beforeAll, describe, it } from 'vitest';
import { decodeNote, echoApi, echoMethods, echoService, encodeNote, note } from '../../host/testdata/echo.ts';
import { openTestHost, openTestLinks, openTrust, type TestHost, type Trust } from '../../host/testing.ts';
import type { Api, MethodSchema } from '../../schema/api.ts';
import type { MeshLinks } from './open-links.ts';

const signal = new AbortController().signal;
let api: Api;

beforeAll(async () => {
  ({ api } = await echoApi());
});

/** What closes when its test has finished, the last opened first. */
type Finish = (close: () => Promise<void>) => void;

type Process = TestHost & {
  /** Its database is there. */
  hasStore: boolean;
  /** What is held for a key that begins with `hold`, to be answered. */
  readonly held: (() => void)[];
};

async function start(onTestFinished: Finish, trust: Trust, name: string): Promise<Process> {
  const state = { hasStore: true, held: [] as (() => void)[] };
  const say: Parameters<typeof echoService>[0] = {
    say: async (request) => {
      if (request.text === 'hold') await new Promise<void>((resolve) => state.held.push(resolve));
      return { ...request, text: name };
    },
  };
  const ready = async () => {
    if (!state.hasStore) throw new Error('no database');
  };
  const host = await openTestHost({ services: [echoService(say, { ready })], api, trust });
  onTestFinished(() => host.close());
  return Object.assign(state, host);
}

async function ask(links: MeshLinks, key: string, more: { text?: string; affinity?: string } = {}): Promise<string> {
  const method = api.methods.get(echoMethods.say) as MethodSchema;
  const { text = '', ...rest } = more;
  return decodeNote(await links.request({ method, request: encodeNote(note(key, text)), signal, ...rest })).text;
}

/** Who answers for many keys. */
async function answering(links: MeshLinks): Promise<string[]> {
  const told = await Promise.all(Array.from({ length: 40 }, (_, key) => ask(links, String(key))));
  return [...new Set(told)].sort();
}

// Each waits for a host that looks after its services once in a while: they wait together.
describe.concurrent('a process whose database is cut', () => {
  it('is given no calls while others are ready, and its share of them when it is ready again', async ({
    expect,
    onTestFinished,
  }) => {
    const trust = openTrust();
    const [one, two] = [await start(onTestFinished, trust, 'one'), await start(onTestFinished, trust, 'two')];
    const links = await openTestLinks(trust, api, [one.host.address, two.host.address]);
    onTestFinished(() => links.close());
    expect(await answering(links)).toEqual(['one', 'two']);

    one.hasStore = false;
    await expect.poll(() => answering(links), { timeout: 10_000 }).toEqual(['two']);
    expect(links.healthyCount).toBe(2);

    // Nobody is ready: rather whoever may still answer than nobody.
    two.hasStore = false;
    await expect.poll(() => answering(links), { timeout: 10_000 }).toEqual(['one', 'two']);

    two.hasStore = true;
    await expect.poll(() => answering(links), { timeout: 10_000 }).toEqual(['two']);
    one.hasStore = true;
    await expect.poll(() => answering(links), { timeout: 10_000 }).toEqual(['one', 'two']);
  });

  it('is known to be so by an edge that comes later', async ({ expect, onTestFinished }) => {
    const trust = openTrust();
    const [one, two] = [await start(onTestFinished, trust, 'one'), await start(onTestFinished, trust, 'two')];
    one.hasStore = false;
    await expect.poll(() => one.host.ready, { timeout: 10_000 }).toBe(false);
    const links = await openTestLinks(trust, api, [one.host.address, two.host.address]);
    onTestFinished(() => links.close());
    expect(await answering(links)).toEqual(['two']);
  });

  it('keeps no socket to itself by a call that hangs there', async ({ expect, onTestFinished }) => {
    const trust = openTrust();
    const processes = {
      one: await start(onTestFinished, trust, 'one'),
      two: await start(onTestFinished, trust, 'two'),
    };
    const links = await openTestLinks(
      trust,
      api,
      Object.values(processes).map(({ host }) => host.address),
    );
    onTestFinished(() => links.close());
    const owner = (await ask(links, 'pond')) as keyof typeof processes;
    const other = owner === 'one' ? 'two' : 'one';
    const held = ask(links, 'pond', { text: 'hold', affinity: 'socket' });
    processes[owner].hasStore = false;
    await expect.poll(() => ask(links, 'pond', { affinity: 'socket' }), { timeout: 10_000 }).toBe(other);
    for (const answer of processes[owner].held) answer();
    expect(await held).toBe(owner);
  });
});
