import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate, type Signed, type Subject } from '../../cli/certs/authority.ts';
import { accountMetadata, actForMetadata } from '../auth/acting-for.ts';
import { type MeshLinks, openLinks } from '../caller/link-client/open-links.ts';
import { ownerOf } from '../caller/rendezvous.ts';
import { fromGrpcError } from '../errors/grpc-error.ts';
import { type EchoHandler, echoApi, echoDefinition, echoService, note } from '../host/testdata/echo.ts';
import { asha, openTestHost, openTrust, type TestHost, type Trust, untilHealthy } from '../host/testing.ts';
import type { Api } from '../schema/api.ts';
import { type Logger, openLog, silentLog } from '../telemetry/log.ts';
import { Certificates } from './certificates.ts';
import { identityOf } from './identity.ts';

const account = asha.accountKey;
const hosts = ['localhost', '127.0.0.1'];
const opened: { close(): Promise<unknown> }[] = [];
let api: Api;
let trust: Trust;
let folder: string;
let authority: Signed;
let stranger: Signed;

beforeAll(async () => {
  ({ api } = await echoApi());
  authority = makeAuthority();
  stranger = makeAuthority();
});
beforeEach(() => {
  trust = openTrust();
  folder = mkdtempSync(join(tmpdir(), 'circuit-tls-'));
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A certificate in files, as a process has it. */
function certificates(
  subject: Subject,
  by: Signed = authority,
): Certificates & { replace(by: Signed, days?: number): void } {
  const name = `${subject.kind}-${subject.key}-${opened.length}`;
  const files = { certFile: `${name}.pem`, keyFile: `${name}-key.pem`, caFile: `${name}-ca.pem` };
  const write = (signed: Signed, days = 1) => {
    const made = makeCertificate(signed, { hosts, ...subject }, days);
    writeFileSync(join(folder, files.keyFile), made.key);
    writeFileSync(join(folder, files.certFile), made.cert);
    writeFileSync(join(folder, files.caFile), signed.cert);
  };
  write(by);
  const paths = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, join(folder, file)]));
  const open = new Certificates({ ...(paths as typeof files), log: silentLog() });
  opened.push(open);
  return Object.assign(open, {
    replace(signed: Signed, days?: number) {
      write(signed, days);
      open.reread();
    },
  });
}

const says: EchoHandler = async (request, { caller }) => ({
  ...request,
  text: `${caller.kind} ${caller.key}`.slice(-20),
});

async function start(more: Partial<Parameters<typeof openTestHost>[0]> = {}): Promise<TestHost> {
  const tls = certificates({ kind: 'system', key: 'echo' });
  const services = [echoService({ say: says, look: says })];
  const mesh = await openTestHost({ services, api, trust, tls, token: async () => '', ...more });
  opened.push(mesh);
  return mesh;
}

function link(mesh: TestHost, tls: Certificates | undefined, token = '', log: Logger = silentLog()): MeshLinks {
  const peers = new Map([['echo', [mesh.host.address]]]);
  const links = openLinks({ api, peers, token: async () => token, log, tls });
  opened.push(links);
  return links;
}

/** Resolves with why a Link could not be opened. */
function refusedLink(mesh: TestHost, tls: Certificates | undefined, token = ''): Promise<unknown> {
  return new Promise((resolve) => {
    const write = (line: string) => {
      const { msg, reason } = JSON.parse(line);
      if (msg === 'link healthy') resolve('healthy');
      if (msg === 'link lost') resolve(reason);
    };
    link(mesh, tls, token, openLog({ level: 'info', destination: { write } }));
  });
}

/** A call as another gRPC library makes it: it checks the server's host name, and shows its own certificate. */
async function say(
  mesh: TestHost,
  subject: Subject | undefined,
  headers: Record<string, string> = {},
  by: Signed = authority,
): Promise<string> {
  const own = subject && makeCertificate(by, subject, 1);
  const [key, cert] = own ? [Buffer.from(own.key), Buffer.from(own.cert)] : [null, null];
  const client = new Client(
    `localhost:${mesh.host.port}`,
    credentials.createSsl(Buffer.from(authority.cert), key, cert),
  );
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const { path, requestSerialize, responseDeserialize } = echoDefinition.say;
  try {
    return await new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + 10_000 };
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        note('1'),
        metadata,
        options,
        (error, answer) => (error ? reject(fromGrpcError(error)) : resolve(answer?.text ?? '')),
      );
    });
  } finally {
    client.close();
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('mutual TLS', () => {
  it('lets an edge open a Link by its certificate alone', async () => {
    const links = link(await start(), certificates({ kind: 'edge', key: 'edge' }));
    await untilHealthy(links, 1);
  });

  it('lets nobody else open a Link, also not with an edge’s token', async () => {
    const mesh = await start();
    const stolen = await trust.issuer.issueService({ kind: 'edge', key: 'edge' });
    const fish = certificates({ kind: 'domain_server', key: 'fish' });
    expect(await refusedLink(mesh, fish)).toBe('CALLER_NOT_ALLOWED');
    expect(await refusedLink(mesh, fish, stolen)).toBe('CALLER_NOT_ALLOWED');
    expect(await refusedLink(mesh, certificates({ kind: 'edge', key: 'edge' }, stranger))).toBe('UNAVAILABLE');
    expect(await refusedLink(mesh, undefined, stolen)).toBe('UNAVAILABLE');
  });

  it('speaks with nobody who shows no certificate of the authority', async () => {
    const mesh = await start();
    await expect(say(mesh, undefined)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    const fish: Subject = { kind: 'domain_server', key: 'fish' };
    await expect(say(mesh, fish, {}, stranger)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });

  it('knows a domain server and its accounts by its certificate', async () => {
    const mesh = await start();
    const fish: Subject = { kind: 'domain_server', key: 'fish', accounts: [account] };
    expect(await say(mesh, fish)).toBe('domain_server fish');
    const acting = { [actForMetadata]: asha.userKey, [accountMetadata]: account };
    expect(await say(mesh, fish, acting)).toBe(`user ${asha.userKey}`);
    await expect(say(mesh, fish, { ...acting, [accountMetadata]: '900000000009' })).rejects.toMatchObject({
      reason: 'ACCOUNT_NOT_ALLOWED',
    });
  });

  it('takes a token of the same process or of a user, and of nobody else', async () => {
    const mesh = await start();
    const fish: Subject = { kind: 'domain_server', key: 'fish', accounts: [account] };
    const issue = trust.issuer.issueService;
    expect(await say(mesh, fish, bearer(await trust.issuer.issueUser(asha)))).toBe(`user ${asha.userKey}`);
    const more = bearer(await issue({ kind: 'domain_server', key: 'fish', accountKeys: ['900000000009'] }));
    const acting = { [actForMetadata]: asha.userKey, [accountMetadata]: '900000000009' };
    expect(await say(mesh, fish, more)).toBe('domain_server fish');
    await expect(say(mesh, fish, { ...more, ...acting })).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_ALLOWED' });
    for (const token of [
      await issue({ kind: 'domain_server', key: 'agri', accountKeys: [] }),
      await issue({ kind: 'system', key: 'echo' }),
    ]) {
      await expect(say(mesh, fish, bearer(token))).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    }
  });

  it('is how processes of a service hand calls to each other', async () => {
    const peers = new Map<string, string[]>([['echo', []]]);
    const named = (name: string) => [echoService({ say: async (request) => ({ ...request, text: name }) })];
    const one = await start({ peers, services: named('one') });
    const two = await start({ peers, services: named('two') });
    const addresses = [one.host.address, two.host.address];
    peers.get('echo')?.push(...addresses);
    const owner = ownerOf('1', addresses) === one.host.address ? 'one' : 'two';
    const fish: Subject = { kind: 'domain_server', key: 'fish' };
    // Until they have found each other, each answers by itself.
    for (const mesh of [one, two]) await expect.poll(() => say(mesh, fish)).toBe(owner);
  });

  it('takes new certificates over while it runs, and Links that stand go on', async () => {
    const tls = certificates({ kind: 'system', key: 'echo' });
    const mesh = await start({ tls });
    const edge = certificates({ kind: 'edge', key: 'edge' });
    const links = link(mesh, edge);
    await untilHealthy(links, 1);
    tls.replace(stranger);
    expect(links.healthyCount).toBe(1);
    expect(await refusedLink(mesh, edge)).toBe('UNAVAILABLE');
    edge.replace(stranger);
    await untilHealthy(link(mesh, edge), 1);
  });

  it('keeps what it has while new files are of no use', () => {
    const tls = certificates({ kind: 'edge', key: 'edge' });
    const before = tls.expiresAtMs;
    writeFileSync(
      join(folder, `edge-edge-0-key.pem`),
      makeCertificate(authority, { kind: 'edge', key: 'edge' }, 1).key,
    );
    tls.reread();
    expect(tls.expiresAtMs).toBe(before);
    rmSync(join(folder, 'edge-edge-0.pem'));
    expect(() => tls.reread()).not.toThrow();
  });

  it('takes none that has ended, neither at its start nor in place of a good one', () => {
    const tls = certificates({ kind: 'edge', key: 'edge' });
    const before = tls.expiresAtMs;
    tls.replace(authority, -1);
    expect(tls.expiresAtMs).toBe(before);
    const file = (name: string) => join(folder, `edge-edge-0${name}.pem`);
    const files = { certFile: file(''), keyFile: file('-key'), caFile: file('-ca') };
    expect(() => new Certificates({ ...files, log: silentLog() })).toThrow('it ended at ');
  });

  it('tells what keeps an edge away, and not at each attempt', { timeout: 30_000 }, async () => {
    const mesh = await start();
    const told: string[] = [];
    const write = (line: string) => {
      const { msg, err } = JSON.parse(line);
      if (err) told.push(`${msg}: ${err.message}`);
    };
    const log = openLog({ level: 'info', destination: { write } });
    link(mesh, certificates({ kind: 'edge', key: 'edge' }, stranger), '', log);
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(2);
    expect(told[0]).toMatch(/^link lost: /);
    expect(told[1]).toMatch(/^link cannot be opened: .*certificate/);
  });

  it('takes no other process for a service', async () => {
    const mesh = await start({ tls: certificates({ kind: 'edge', key: 'edge' }) });
    expect(await refusedLink(mesh, certificates({ kind: 'edge', key: 'edge' }))).toBe('UNAVAILABLE');
  });
});

describe('the identity in a certificate', () => {
  const valid_to = 'Nov 21 00:00:00 2027 GMT';
  const of = (subjectaltname: string) => identityOf({ subjectaltname, valid_to });

  it('is its kind and key, with the accounts of a domain server', () => {
    expect(of('DNS:localhost, URI:spiffe://circuit/system/chat.presence')).toEqual({
      kind: 'system',
      key: 'chat.presence',
    });
    const fish =
      'URI:spiffe://circuit/domain_server/fish, URI:urn:circuit:account:900000000001, URI:urn:circuit:account:x';
    expect(of(fish)).toEqual({
      kind: 'domain_server',
      key: 'fish',
      accountKeys: ['900000000001'],
      expiresAtMs: Date.parse(valid_to),
    });
  });

  it.each([
    '',
    'DNS:spiffe://circuit/edge/edge',
    'URI:spiffe://elsewhere/edge/edge',
    'URI:spiffe://circuit/user/100000000001',
    'URI:spiffe://circuit/edge/edge/more',
    'URI:spiffe://circuit/edge/edge, URI:spiffe://circuit/system/chat',
    'URI:"https://x, URI:spiffe://circuit/edge/edge"',
  ])('is nobody’s in %s', (names) => expect(of(names)).toBeUndefined());
});
