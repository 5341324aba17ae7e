import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type EchoHandler,
  echoApi,
  echoDefinition,
  echoMethods,
  echoService,
  type Note,
  note,
} from '../host/testdata/echo.ts';
import { asha, openTestHost, openTrust, type TestHost, type TestHostOptions } from '../host/testing.ts';
import type { Api } from '../schema/api.ts';
import type { Caller } from '../service/caller.ts';
import type { Ground } from '../service/define-service.ts';
import { openLog } from '../telemetry/log.ts';
import type { CallOptions } from './calls.ts';
import { callerMetadata } from './forwarded-caller.ts';
import { grpcCalls } from './grpc-calls.ts';
import { Owners } from './owners.ts';
import { PeerClients } from './peer-clients.ts';
import { ownerOf } from './rendezvous.ts';
import { RetryBudget } from './retry.ts';

let api: Api;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

type Process = { readonly mesh: TestHost; readonly ground: Ground };

/** Processes of the echo service that know each other; each says its own number, and who called. */
async function startProcesses(count: number, more: Partial<TestHostOptions> = {}): Promise<Process[]> {
  const trust = openTrust();
  const peers = new Map<string, string[]>([['echo', []]]);
  const processes: Process[] = [];
  for (let number = 0; number < count; number += 1) {
    const answer: EchoHandler = async (request, { caller }) => ({ ...request, text: `${number} ${caller.kind}` });
    let ground: Ground | undefined;
    const onOpen = async (given: Ground) => {
      ground = given;
      return { close: async () => {} };
    };
    const services = [echoService({ say: answer, look: answer }, { onOpen })];
    const mesh = await openTestHost({ services, api, trust, peers, ...more });
    opened.push(mesh);
    processes.push({ mesh, ground: ground! });
    peers.get('echo')!.push(mesh.host.address);
  }
  return processes;
}

function keyOf(owner: TestHost, processes: readonly Process[]): string {
  const addresses = processes.map(({ mesh }) => mesh.host.address);
  for (let key = 1; ; key += 1) if (ownerOf(String(key), addresses) === owner.host.address) return String(key);
}

const options = (): CallOptions => ({ signal: AbortSignal.timeout(5_000), deadline: Date.now() + 5_000 });

describe('a plain call to a process that does not own its key', () => {
  it('is handed to the owner once, with its caller as verified, and what is wrong with it is told once', async () => {
    const reasons: unknown[] = [];
    const log = openLog({ destination: { write: (line) => reasons.push(JSON.parse(line).reason) } });
    const processes = await startProcesses(2, { log });
    const [one, two] = processes as [Process, Process];
    const key = keyOf(two.mesh, processes);
    const user = one.mesh.asUser(asha);
    // Until the processes have found each other, each answers by itself.
    await expect.poll(async () => (await user.call(echoDefinition.say, note(key))).text).toBe('1 user');
    const own = keyOf(one.mesh, processes);
    expect((await user.call(echoDefinition.say, note(own))).text).toBe('0 user');
    await expect(user.call(echoDefinition.say, note(key, 'x'.repeat(21)))).rejects.toMatchObject({
      reason: 'INVALID_REQUEST',
    });
    expect(reasons.filter((reason) => reason !== undefined)).toEqual(['INVALID_REQUEST']);
  });

  it('is answered where it came when the owner is gone', async () => {
    const processes = await startProcesses(2);
    const [one, two] = processes as [Process, Process];
    const key = keyOf(two.mesh, processes);
    const user = one.mesh.asUser(asha);
    await expect.poll(async () => (await user.call(echoDefinition.say, note(key))).text).toBe('1 user');
    await two.mesh.close();
    expect((await user.call(echoDefinition.look, note(key))).text).toBe('0 user');
  });
});

describe('a process that keeps no connections to its peers', () => {
  it('reaches the owner from the first call on, and answers by itself while the owner is gone', async () => {
    const processes = await startProcesses(2, { keepConnections: false });
    const [one, two] = processes as [Process, Process];
    const key = keyOf(two.mesh, processes);
    const user = one.mesh.asUser(asha);
    expect((await user.call(echoDefinition.say, note(key))).text).toBe('1 user');
    await two.mesh.close();
    expect((await user.call(echoDefinition.look, note(key))).text).toBe('0 user');
    expect((await user.call(echoDefinition.say, note(key))).text).toBe('0 user');
  });
});

describe('a forwarded caller', () => {
  it('is believed only from a process of the same service', async () => {
    const [one] = (await startProcesses(1)) as [Process];
    const { mesh } = one;
    const forged = Buffer.from(JSON.stringify({ kind: 'user', key: '100000000009', accountKey: '900000000009' }));
    const metadata = { [callerMetadata]: forged };
    for (const liar of [
      mesh.asAnyone(),
      mesh.asUser(asha),
      mesh.asService({ kind: 'edge', key: 'edge' }),
      mesh.asService({ kind: 'domain_server', key: 'echo' }),
      mesh.asService({ kind: 'system', key: 'presence' }),
    ]) {
      await expect(liar.call(echoDefinition.say, note('1'), { metadata })).rejects.toMatchObject({
        reason: 'CALLER_NOT_ALLOWED',
      });
    }
    const peer = mesh.asService({ kind: 'system', key: 'presence.echo' });
    expect((await peer.call(echoDefinition.say, note('1'), { metadata })).text).toBe('0 user');
  });
});

describe('a call from a service', () => {
  it('to a key of its own process takes no socket, and to another goes to its owner', async () => {
    const processes = await startProcesses(2);
    const [one, two] = processes as [Process, Process];
    const call = (key: string) => one.ground.calls.call<Note, Note>(echoMethods.say, note(key), options());
    expect((await call(keyOf(one.mesh, processes))).text).toBe('0 system');
    const key = keyOf(two.mesh, processes);
    await expect.poll(async () => (await call(key)).text).toBe('1 system');
    const caller: Caller = { kind: 'domain_server', key: 'fish', accountKeys: [], expiresAtMs: Date.now() + 60_000 };
    const forFish = one.ground.calls.call<Note, Note>(echoMethods.say, note(key), { ...options(), caller });
    expect((await forFish).text).toBe('1 domain_server');
  });

  it('fails with the reason that the other gave', async () => {
    const [one] = (await startProcesses(1)) as [Process];
    const { calls } = one.ground;
    await expect(calls.call(echoMethods.say, note(''), options())).rejects.toMatchObject({ reason: 'INVALID_REQUEST' });
    await expect(calls.call(echoMethods.rule, note('1'), options())).rejects.toMatchObject({
      reason: 'CALLER_NOT_ALLOWED',
    });
    await expect(calls.call('circuit.chat.v1.ChatService/SendMessage', {}, options())).rejects.toThrow(/declare/);
  });

  it('ends with its signal and at its deadline', async () => {
    const [one] = (await startProcesses(1)) as [Process];
    const { calls } = one.ground;
    const late = { ...options(), deadline: Date.now() - 1 };
    await expect(calls.call(echoMethods.say, note('1'), late)).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    const gone = { ...options(), signal: AbortSignal.abort() };
    await expect(calls.call(echoMethods.say, note('1'), gone)).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('that may be repeated finds the process that answers; another is not made twice', async () => {
    const processes = await startProcesses(2);
    const [one, two] = processes as [Process, Process];
    const key = keyOf(two.mesh, processes);
    const addresses = processes.map(({ mesh }) => mesh.host.address);
    await two.mesh.close();
    const clients = new PeerClients({ keepConnections: true });
    opened.push(clients);
    const calls = grpcCalls({
      api,
      service: 'probe',
      definitions: [echoDefinition],
      // Of which it is not known yet who is there.
      owners: new Owners({
        processesOf: () => addresses,
        self: () => 'nowhere',
        services: new Set(),
        ready: () => false,
        sound: (all) => all,
      }),
      clients,
      token: () => one.mesh.issuer.issueService({ kind: 'system', key: 'probe' }),
      runHere: () => Promise.reject(new Error('nothing runs here')),
      clock: Date.now,
    });
    expect(await calls.call<Note, Note>(echoMethods.look, note(key), options())).toMatchObject({ text: '0 system' });
    await expect(calls.call(echoMethods.say, note(key), options())).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });
});

describe('the retry budget', () => {
  it('ends repeats while most calls fail, and gives them back as calls succeed', () => {
    const budget = new RetryBudget();
    const taken = Array.from({ length: 20 }, () => budget.take());
    expect(taken.filter((allowed) => allowed)).toHaveLength(4);
    for (let success = 0; success < 70; success += 1) budget.succeeded();
    expect(budget.take()).toBe(true);
  });
});
