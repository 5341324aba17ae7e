import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OpenRequest, OpenResponse } from '../../../gen/circuit/link/v1/link_service.ts';
import type { CircuitError } from '../../errors/circuit-error.ts';
import { fromGrpcError } from '../../errors/grpc-error.ts';
import type { Api } from '../../schema/api.ts';
import { echoApi, echoMethods, echoService, encodeNote, note } from '../testdata/echo.ts';
import { asha, openTestHost, type TestHost, type TestHostOptions } from '../testing.ts';
import { openPath } from './link-server.ts';

let api: Api;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(more: Partial<TestHostOptions> = {}): Promise<TestHost> {
  const mesh = await openTestHost({ services: [echoService()], api, ...more });
  opened.push(mesh);
  return mesh;
}

type RawLink = ClientDuplexStream<OpenRequest, OpenResponse> & { readonly failure: Promise<CircuitError> };

/** A Link as another implementation would open it: by the generated codec. */
function openRaw(mesh: TestHost, token: string): RawLink {
  const client = new Client(mesh.host.address, credentials.createInsecure());
  opened.push({ close: async () => client.close() });
  const metadata = new Metadata();
  if (token !== '') metadata.set('authorization', `Bearer ${token}`);
  const stream = client.makeBidiStreamRequest(
    openPath,
    (request: OpenRequest) => Buffer.from(OpenRequest.encode(request).finish()),
    (bytes: Buffer) => OpenResponse.decode(bytes),
    metadata,
  );
  const failure = new Promise<CircuitError>((resolve) => stream.on('error', (error) => resolve(fromGrpcError(error))));
  return Object.assign(stream, { failure });
}

const silent: OpenRequest = { sessions: [], topics: [], topicsNumber: 0, calls: [], cancels: [], endedSessions: [] };

function next(stream: RawLink): Promise<OpenResponse> {
  return new Promise((resolve) => stream.once('data', resolve));
}

describe('a Link', () => {
  it('is opened to an edge only', async () => {
    const mesh = await start();
    expect(await failureOf(openRaw(mesh, ''))).toBe('NOT_SIGNED_IN');
    expect(await failureOf(openRaw(mesh, 'forged'))).toBe('TOKEN_INVALID');
    expect(await failureOf(openRaw(mesh, await mesh.issuer.issueUser(asha)))).toBe('CALLER_NOT_ALLOWED');
    for (const kind of ['system', 'domain_server'] as const) {
      const token = await mesh.issuer.issueService({ kind, key: 'echo', accountKeys: [asha.accountKey] });
      expect(await failureOf(openRaw(mesh, token))).toBe('CALLER_NOT_ALLOWED');
    }
  });

  it('begins with a hello that numbers the methods, and speaks what the proto says', async () => {
    const mesh = await start();
    const link = openRaw(mesh, await mesh.issuer.issueService({ kind: 'edge', key: 'edge' }));
    const { hello } = await next(link);
    expect(hello).toMatchObject({ address: mesh.host.address, services: ['echo'] });
    const method = hello!.methods.indexOf(echoMethods.look);
    const request = encodeNote(note('7', 'hello'));
    const session = { session: 1, token: await mesh.issuer.issueUser(asha) };
    const call = { id: 5, method, session: 1, timeoutMs: 1_000, request, traceparent: '' };
    link.write({
      ...silent,
      sessions: [session],
      topics: [{ topic: 'e:1', leave: false }],
      topicsNumber: 1,
      calls: [call],
    });
    const answers = [await next(link)];
    while (answers.at(-1)?.replies.length === 0) answers.push(await next(link));
    expect(answers[0]?.topicsConfirmed).toBe(1);
    expect(answers.at(-1)?.replies).toEqual([{ id: 5, outcome: { $case: 'response', value: request } }]);
    link.end();
    await new Promise((resolve) => link.on('end', resolve).resume());
  });

  it('is cut when the edge breaks the protocol, and others go on', async () => {
    const mesh = await start();
    const token = await mesh.issuer.issueService({ kind: 'edge', key: 'edge' });
    const good = openRaw(mesh, token);
    const { hello } = await next(good);
    const call = { id: 5, method: 0, session: 0, timeoutMs: 0, request: encodeNote(note('7')), traceparent: '' };
    const bad = openRaw(mesh, token);
    await next(bad);
    bad.write({ ...silent, calls: [{ ...call, id: 0 }] });
    expect(await failureOf(bad)).toBe('DUPLICATE_REQUEST_NUMBER');
    good.write({ ...silent, calls: [{ ...call, method: hello!.methods.length }] });
    expect((await next(good)).replies[0]?.outcome?.$case).toBe('error');
    good.cancel();
  });

  it('is cut when the edge does not read, and what waited for it is dropped', async () => {
    const mesh = await start();
    const link = openRaw(mesh, await mesh.issuer.issueService({ kind: 'edge', key: 'edge' }));
    await next(link);
    link.write({ ...silent, topics: [{ topic: 'e:1', leave: false }], topicsNumber: 1 });
    await next(link);
    link.pause();
    const data = Buffer.alloc(1_024 * 1_024);
    const lists = { revokedUsers: [], grantedTopics: [], revokedTopics: [], blanked: [] };
    let published = 0;
    while (mesh.host.bus.size > 0) {
      mesh.host.bus.publish({ topic: 'e:1', seq: ++published, after: 0, event: 'note.new', data, ...lists });
      await new Promise(setImmediate);
    }
    // The bound of what waits, and what the two ends of the transport hold.
    expect(published).toBeGreaterThan(60);
    expect(published).toBeLessThan(100);
    link.cancel();
  });
});

describe('a host that closes', () => {
  it('tells its edges to go, and cuts those that do not', async () => {
    const mesh = await start({ drainMs: 200 });
    const link = openRaw(mesh, await mesh.issuer.issueService({ kind: 'edge', key: 'edge' }));
    await next(link);
    const farewell = next(link);
    const closed = mesh.host.close();
    expect((await farewell).goingAway).toBe(true);
    expect(await failureOf(link)).toBe('SHUTTING_DOWN');
    await closed;
  });
});

async function failureOf(link: RawLink): Promise<string> {
  link.resume();
  return (await link.failure).reason;
}
