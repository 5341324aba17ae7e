import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../schema/api.ts';
import { openLog } from '../telemetry/log.ts';
import { openMetrics } from '../telemetry/metrics.ts';
import { type EchoHandler, echoApi, echoDefinition, echoService, note } from './testdata/echo.ts';
import { asha, openTestHost, type TestHost, type TestHostOptions } from './testing.ts';

let api: Api;
let descriptors: Uint8Array;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api, descriptors } = await echoApi());
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(options: Partial<TestHostOptions> = {}): Promise<TestHost> {
  const mesh = await openTestHost({ services: [echoService()], api, ...options });
  open.push(mesh);
  return mesh;
}

describe('a plain gRPC call', () => {
  it('is answered by its handler, in the name of the user of the token', async () => {
    const mesh = await start({
      services: [
        echoService({
          say: async (request, context) => {
            const { caller } = context;
            return { ...request, text: caller.kind === 'user' ? caller.displayName : caller.kind };
          },
        }),
      ],
    });
    expect(await mesh.asUser(asha).call(echoDefinition.say, note('1', 'hello'))).toMatchObject({ text: 'Asha' });
  });

  it('is refused without a token, by a caller of the wrong kind, without the role, and with a bad token', async () => {
    const lines: Record<string, unknown>[] = [];
    const mesh = await start({ log: openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } }) });
    const { look, rule, hail } = echoDefinition;
    await expect(mesh.asAnyone().call(look, note('1'))).rejects.toMatchObject({ reason: 'NOT_SIGNED_IN' });
    const fish = mesh.asService({ kind: 'domain_server', key: 'fish', accountKeys: [asha.accountKey] });
    await expect(fish.call(look, note('1'))).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    await expect(mesh.asUser(asha).call(rule, note('1'))).rejects.toMatchObject({ reason: 'ROLE_REQUIRED' });
    await expect(mesh.withToken('no.such.token').call(look, note('1'))).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    });
    // Each is told the log once, with the call, and who made it where that is known.
    expect(lines.filter(({ msg }) => msg === 'a request was refused')).toEqual([
      expect.objectContaining({ level: 'info', method: look.path.slice(1), caller: '', reason: 'NOT_SIGNED_IN' }),
      expect.objectContaining({ caller: 'fish', reason: 'CALLER_NOT_ALLOWED' }),
      expect.objectContaining({ caller: asha.userKey, reason: 'ROLE_REQUIRED' }),
      expect.objectContaining({ reason: 'TOKEN_INVALID', address: expect.stringContaining('127.0.0.1') }),
    ]);
    expect(await mesh.asUser({ ...asha, roles: ['admin'] }).call(rule, note('1'))).toMatchObject({ key: '1' });
    expect(await mesh.asAnyone().call(hail, note('1'))).toMatchObject({ key: '1' });
  });

  it('by a domain server may be for a user of its accounts, and of no other', async () => {
    const mesh = await start({
      services: [
        echoService({
          look: async (request, { caller }) => ({
            ...request,
            text: caller.kind === 'user' ? `${caller.key}` : '',
          }),
        }),
      ],
    });
    const fish = mesh.asService({ kind: 'domain_server', key: 'fish', accountKeys: [asha.accountKey] });
    const metadata = { 'circuit-act-for': asha.userKey, 'circuit-account': asha.accountKey };
    const answer = await fish.call(echoDefinition.look, note('1'), { metadata });
    expect(answer.text).toBe(asha.userKey);
    const elsewhere = { ...metadata, 'circuit-account': '900000000002' };
    await expect(fish.call(echoDefinition.look, note('1'), { metadata: elsewhere })).rejects.toMatchObject({
      reason: 'ACCOUNT_NOT_ALLOWED',
    });
  });

  it('is refused with every field that is wrong', async () => {
    const mesh = await start();
    const refusal = mesh.asUser(asha).call(echoDefinition.say, note('', 'x'.repeat(21)));
    await expect(refusal).rejects.toMatchObject({
      reason: 'INVALID_REQUEST',
      details: { violations: [{ field: 'text' }, { field: 'key' }].map((one) => expect.objectContaining(one)) },
    });
  });

  it('of an RPC that nobody serves is NOT_IMPLEMENTED', async () => {
    const mesh = await start();
    const unknown = { ...echoDefinition.say, path: '/circuit.echo.v1.EchoService/Sing' };
    await expect(mesh.asUser(asha).call(unknown, note('1'))).rejects.toMatchObject({ reason: 'NOT_IMPLEMENTED' });
  });

  it('is counted, timed, and hands its trace on', async () => {
    const metrics = openMetrics();
    open.push({ close: async () => metrics.close() });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const look: EchoHandler = async (request, context) => {
      expect(context.traceparent).toBe(traceparent);
      return request;
    };
    const mesh = await start({ metrics, services: [echoService({ look })] });
    await mesh.asUser(asha).call(echoDefinition.look, note('1'), { metadata: { traceparent } });
    await mesh
      .asAnyone()
      .call(echoDefinition.look, note('1'))
      .catch(() => {});
    const text = await metrics.text();
    const method = 'method="circuit.echo.v1.EchoService/Look"';
    expect(text).toContain(`circuit_rpc_total{${method},code="OK"} 1`);
    expect(text).toContain(`circuit_rpc_total{${method},code="UNAUTHENTICATED"} 1`);
    expect(text).toContain(`circuit_rpc_seconds_count{${method}} 2`);
    expect(text).toContain('circuit_links{service="echo"} 0');
  });

  it('ends at its deadline: the caller is told, the handler sees its signal', async () => {
    let aborted: (reason: unknown) => void = () => {};
    const seen = new Promise((resolve) => {
      aborted = resolve;
    });
    const mesh = await start({
      services: [
        echoService({
          look: (_request, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                aborted(signal.reason);
                reject(signal.reason);
              });
            }),
        }),
      ],
    });
    const call = mesh.asUser(asha).call(echoDefinition.look, note('1'), { timeoutMs: 1_000 });
    await expect(call).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    expect(await seen).toMatchObject({ name: 'CircuitError' });
  });

  it('that is cancelled aborts the signal of its handler', async () => {
    const giveUp = new AbortController();
    let aborted: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const mesh = await start({
      services: [
        echoService({
          look: (request, { signal }) => {
            giveUp.abort();
            return new Promise((resolve) => {
              signal.addEventListener('abort', () => {
                aborted();
                resolve(request);
              });
            });
          },
        }),
      ],
    });
    const call = mesh.asUser(asha).call(echoDefinition.look, note('1'), { signal: giveUp.signal });
    await expect(call).rejects.toMatchObject({ reason: 'CANCELLED' });
    await seen;
  });

  it('whose handler throws what nobody foresaw is INTERNAL, with an id and without the cause', async () => {
    const mesh = await start({
      services: [
        echoService({
          look: () => {
            throw new Error('the pump is dry');
          },
        }),
      ],
    });
    const failure = await mesh
      .asUser(asha)
      .call(echoDefinition.look, note('1'))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'INTERNAL', details: { metadata: { error_id: expect.any(String) } } });
    expect(JSON.stringify(failure)).not.toContain('pump');
  });
});

describe('a host', () => {
  it('refuses to open a service whose RPCs lack a handler, and names them', async () => {
    const service = { ...echoService(), handlers: {} };
    await expect(openTestHost({ services: [service], api })).rejects.toThrow(/EchoService\/Say has no handler/);
  });

  it('says by grpc.health.v1 whether each service can do its work', async () => {
    let trouble: string | undefined = 'no store';
    const ready = async () => {
      if (trouble !== undefined) throw new Error(trouble);
    };
    const mesh = await start({ services: [echoService({}, { ready })] });
    expect(await health(mesh, 'echo')).toBe(2);
    expect(await health(mesh, 'liveness')).toBe(1);
    trouble = undefined;
    await expect.poll(() => health(mesh, 'echo'), { timeout: 10_000 }).toBe(1);
    expect(await health(mesh, '')).toBe(1);
    await mesh.host.drain();
    expect(await health(mesh, 'circuit.echo.v1.EchoService')).toBe(2);
  });

  it('describes itself by reflection', async () => {
    const mesh = await start({ reflection: descriptors });
    expect(await reflectedServices(mesh)).toContain('circuit.echo.v1.EchoService');
  });

  it('loses no answer when it closes while calls are under way, and then closes its services', async () => {
    const order: string[] = [];
    let release: () => void = () => {};
    let arrived: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const inside = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const mesh = await start({
      services: [
        echoService(
          {
            say: async (request) => {
              arrived();
              await held;
              order.push('handled');
              return request;
            },
          },
          { close: async () => void order.push('closed') },
        ),
      ],
    });
    const answer = mesh.asUser(asha).call(echoDefinition.say, note('7'));
    await inside;
    const closing = mesh.host.close();
    release();
    expect(await answer).toMatchObject({ key: '7' });
    await closing;
    expect(order).toEqual(['handled', 'closed']);
  });
});

/** grpc.health.v1: 1 is SERVING, 2 is NOT_SERVING. By hand: the request and the answer have one field each. */
async function health(mesh: TestHost, service: string): Promise<number> {
  const client = new Client(`127.0.0.1:${mesh.host.port}`, credentials.createInsecure());
  const request = Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]);
  try {
    return await new Promise<number>((resolve, reject) => {
      const asIs = (bytes: Buffer) => bytes;
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, request, (error, answer) =>
        error ? reject(error) : resolve(answer?.[1] ?? 0),
      );
    });
  } finally {
    client.close();
  }
}

async function reflectedServices(mesh: TestHost): Promise<string> {
  const client = new Client(`127.0.0.1:${mesh.host.port}`, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  const call = client.makeBidiStreamRequest('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', asIs, asIs);
  try {
    return await new Promise<string>((resolve, reject) => {
      call.on('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
      call.on('error', reject);
      // list_services: field 7.
      call.write(Buffer.from([58, 1, 42]));
    });
  } finally {
    call.on('error', () => {});
    call.cancel();
    client.close();
  }
}
