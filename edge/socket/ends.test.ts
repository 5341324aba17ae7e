import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { asymmetricKey } from '../../mesh/auth/token-key.ts';
import { openVerifier, type Verifier } from '../../mesh/auth/verifier.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { asha, openTrust, ravi } from '../../mesh/host/testing.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { defaultLimits, earlyFramesMax, malformedFramesMax } from '../limits.ts';
import type { App } from '../testing/app.ts';
import { openTestMesh, type TestMesh, type TestMeshOptions } from '../testing/mesh.ts';
import { type CloseName, closeCodes } from './close-codes.ts';

type Logged = TestMesh & { readonly lines: readonly Readonly<Record<string, unknown>>[] };

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(options: TestMeshOptions = {}): Promise<Logged> {
  const lines: Record<string, unknown>[] = [];
  const log = openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } });
  const mesh = await openTestMesh({ log, ...options });
  open.push(mesh);
  return { ...mesh, lines };
}

/** The token is checked when the test says so: never, in what follows. */
function heldVerifier(): TestMeshOptions {
  const trust = openTrust();
  const verifier: Verifier = { verify: () => new Promise(() => {}), close: () => trust.verifier.close() };
  return { trust, verifier };
}

/** Lets more wait for an app that does not read than it may; the reader beside it gets everything. */
async function flood(mesh: TestMesh): Promise<App> {
  for (const { userKey } of [asha, ravi]) mesh.ponds.admit(userKey, 'q:1');
  const [reader, slow] = [await mesh.app(ravi), await mesh.app(asha)];
  slow.socket.pause();
  const text = 'x'.repeat(90_000);
  // The kernel's own buffers take some megabytes before anything waits in the edge.
  for (let sent = 1; mesh.edge.socketCount === 2; sent++) {
    mesh.ponds.append('q:1', { text });
    expect(await reader.next((frame) => frame.seq === sent)).toMatchObject({ data: { text } });
  }
  slow.socket.resume();
  return slow;
}

type End = { readonly mesh: Logged; readonly app: App };

/** How each code comes about. Whoever adds a code adds a row. */
const ends: Readonly<Record<CloseName, () => Promise<End>>> = {
  EDGE_DRAINING: async () => {
    const mesh = await start();
    const app = await mesh.app();
    await mesh.edge.drain();
    return { mesh, app };
  },
  SLOW_READER: async () => {
    // Without the hard cut, so that nothing but the sweep ends it.
    const mesh = await start({ limits: { bufferedBytesHard: 256 * 1024 * 1024 } });
    return { mesh, app: await flood(mesh) };
  },
  NOT_OPENED: async () => {
    const mesh = await start();
    mesh.ponds.beforeAnswer = (kind) => (kind === 'grants' ? Promise.reject(new Error('away')) : Promise.resolve());
    return { mesh, app: await mesh.socket() };
  },
  TOKEN_EXPIRED: async () => {
    let now = Date.now();
    const mesh = await start({ clock: () => now });
    const app = await mesh.app({ ...asha, ttlSeconds: 60 });
    now += 61_000;
    return { mesh, app };
  },
  TOO_MANY_SOCKETS: async () => {
    const mesh = await start({ limits: { socketsPerUser: 1 } });
    await mesh.app();
    return { mesh, app: await mesh.socket() };
  },
  TOKEN_INVALID: async () => {
    const mesh = await start();
    return { mesh, app: await mesh.socket({ headers: { authorization: 'Bearer a.b.c' } }) };
  },
  FRAME_TOO_LARGE: async () => {
    const mesh = await start();
    const app = await mesh.app();
    app.send({ id: 1, event: 'pond.echo', data: { pond_id: '1', text: 'x'.repeat(defaultLimits.frameBytes) } });
    return { mesh, app };
  },
  MALFORMED_FRAMES: async () => {
    const mesh = await start();
    const app = await mesh.app();
    for (let n = 0; n <= malformedFramesMax; n++) app.send('{');
    return { mesh, app };
  },
  ANOTHER_USER: async () => {
    const mesh = await start();
    const app = await mesh.app();
    app.send({ id: 1, event: 'auth.refresh', data: { token: await mesh.issuer.issueUser(ravi) } });
    return { mesh, app };
  },
  TOO_EARLY: async () => {
    const mesh = await start(heldVerifier());
    const app = await mesh.socket();
    for (let n = 0; n <= earlyFramesMax; n++) app.send({ id: n + 1, event: 'ping' });
    return { mesh, app };
  },
  NOT_ALLOWED: async () => {
    const mesh = await start();
    mesh.ponds.beforeAnswer = (kind) =>
      kind === 'grants' ? Promise.reject(refuse('ACCOUNT_NOT_ALLOWED')) : Promise.resolve();
    return { mesh, app: await mesh.socket() };
  },
};

/** What the log says where it is not the code's name, or not said of one socket. */
const told: Partial<Readonly<Record<CloseName, readonly string[]>>> = {
  EDGE_DRAINING: [],
  NOT_OPENED: ['INTERNAL'],
  MALFORMED_FRAMES: ['MALFORMED_FRAME', 'MALFORMED_FRAMES'],
  NOT_ALLOWED: ['ACCOUNT_NOT_ALLOWED'],
};

/** But those of a machine that is busy itself. */
function reasonsIn({ lines }: Logged): readonly unknown[] {
  const others = lines.filter(({ msg }) => !/\bpressure\b/.test(String(msg)));
  return others.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
}

describe('the edge ends a socket', { timeout: 30_000 }, () => {
  it.each(Object.keys(closeCodes) as CloseName[])('with %s, and tells the log once', async (name) => {
    const { mesh, app } = await ends[name]();
    const { code, reason } = await app.closed;
    expect([code, reason.replace(/ retry_after_ms=\d+$/, '')]).toEqual([closeCodes[name].code, name]);
    expect(reasonsIn(mesh)).toEqual(told[name] ?? [name]);
  });
});

describe('a connection is cut without a close frame, and the log says why', { timeout: 30_000 }, () => {
  const cutsIn = ({ lines }: Logged) =>
    lines.filter(({ msg }) => msg === 'a socket was cut').map(({ detail }) => detail);

  it('when it was silent, and does not even answer the pings of the protocol', async () => {
    const mesh = await start({ limits: { idleSeconds: 8 } });
    const answering = await mesh.app(ravi);
    const silent = await mesh.socket({ autoPong: false });
    expect((await silent.closed).code).toBe(1006);
    expect(await answering.call('ping')).toMatchObject({ ok: true });
    expect(cutsIn(mesh)).toEqual(['WebSocket timed out from inactivity']);
  });

  it('when a frame is above four times the limit', async () => {
    const mesh = await start();
    const app = await mesh.app();
    app.send('x'.repeat(5 * defaultLimits.frameBytes));
    expect((await app.closed).code).toBe(1006);
    expect(cutsIn(mesh)).toEqual(['Received too big message']);
  });

  it('when text is not UTF-8', async () => {
    const mesh = await start();
    const app = await mesh.app();
    app.socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await app.closed).code).toBe(1006);
    expect(cutsIn(mesh)).toEqual(['Received invalid UTF-8']);
  });

  it('when it does not read and more waits for it than there is room for', async () => {
    const bufferedBytesHard = 100_000;
    const mesh = await start({ limits: { bufferedBytesHard } });
    const app = await flood(mesh);
    expect((await app.closed).code).toBe(1006);
    expect(cutsIn(mesh)).toEqual([`more than ${bufferedBytesHard} bytes waited for it`]);
  });
});

it('the log says why a token could not be checked, or is none: of the keys, and of what it is for', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = asymmetricKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const common = { issuer: 'https://mesh.test', audience: 'circuit', key };
  const trust = { issuer: openIssuer(common), verifier: openVerifier(common) };
  const verifiers = [
    openVerifier({ issuer: common.issuer, audience: common.audience, jwksUrl: 'http://127.0.0.1:1/jwks' }),
    openVerifier({ ...common, audience: 'another' }),
  ];
  const refusals: unknown[] = [];
  for (const verifier of verifiers) {
    const mesh = await start({ trust, verifier });
    await (await mesh.socket()).closed;
    refusals.push(...mesh.lines.filter(({ msg }) => msg === 'a socket was refused'));
  }
  expect(refusals).toMatchObject([
    { reason: 'UNAVAILABLE', detail: expect.stringContaining('fetch failed') },
    { reason: 'TOKEN_INVALID', detail: expect.stringContaining('"aud"') },
  ]);
  expect(JSON.stringify(refusals)).not.toContain(asha.userKey);
});
