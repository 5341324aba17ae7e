import { afterEach, describe, expect, it } from 'vitest';
import { ClientFrame } from '../../gen/circuit/socket/v1/socket_service.ts';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { asha, openTrust, ravi } from '../../mesh/host/testing.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { malformedFramesMax } from '../limits.ts';
import type { Json } from '../testing/app.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';
import { closeCodes } from './close-codes.ts';
import { protoFormat } from './proto-format.ts';

const open: TestMesh[] = [];
afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

async function start(options: Parameters<typeof openTestMesh>[0] = {}): Promise<TestMesh> {
  const mesh = await openTestMesh(options);
  open.push(mesh);
  return mesh;
}

function reasonOf(frame: Json): unknown {
  return (frame.error as Json | undefined)?.reason;
}

describe('a handshake', () => {
  it('needs a subprotocol, a token or ticket, and a page that may', async () => {
    const mesh = await start();
    await expect(mesh.socket({ protocols: [] })).rejects.toMatchObject({ status: 400 });
    await expect(mesh.socket({ protocols: 'other.v1' })).rejects.toMatchObject({ status: 400 });
    await expect(mesh.socket({ headers: {} })).rejects.toMatchObject({
      status: 401,
      body: { reason: 'NOT_SIGNED_IN' },
    });
    const authorization = `Bearer ${await mesh.issuer.issueUser(asha)}`;
    const foreign = mesh.socket({ headers: { authorization, origin: 'https://evil.example' } });
    await expect(foreign).rejects.toMatchObject({ status: 403, body: { reason: 'ORIGIN_NOT_ALLOWED' } });
    const offered = await mesh.socket({ protocols: ['other.v1', 'circuit.v1.json'] });
    expect(offered.socket.protocol).toBe('circuit.v1.json');
  });

  it('with a token that is forged, of a service, for another audience, or expired ends without a frame', async () => {
    let now = Date.now();
    const clock = () => now;
    const secret = 'a secret of more than thirty-two bytes';
    const common = { key: secretKey(secret), issuer: 'https://mesh.test', clock };
    const reasons: unknown[] = [];
    const log = openLog({ destination: { write: (line) => reasons.push(JSON.parse(line).reason) } });
    const mesh = await start({ clock, log, trust: openTrust(clock, secret) });
    reasons.length = 0;
    const elsewhere = await openIssuer({ ...common, audience: 'elsewhere' }).issueUser(asha);
    const short = await mesh.issuer.issueUser({ ...asha, ttlSeconds: 5 });
    now += 6_000;
    const server = { kind: 'domain_server', key: 'fish', accountKeys: [asha.accountKey] } as const;
    const service = await mesh.issuer.issueService(server);
    const cases = [
      ['a.b.c', closeCodes.TOKEN_INVALID.code],
      [service, closeCodes.NOT_ALLOWED.code],
      [elsewhere, closeCodes.TOKEN_INVALID.code],
      [short, closeCodes.TOKEN_EXPIRED.code],
    ] as const;
    for (const [token, code] of cases) {
      const app = await mesh.socket({ headers: { authorization: `Bearer ${token}` } });
      expect((await app.closed).code).toBe(code);
      expect(app.frames).toEqual([]);
    }
    expect(reasons).toEqual(['TOKEN_INVALID', 'CALLER_NOT_ALLOWED', 'TOKEN_INVALID', 'TOKEN_EXPIRED']);
  });

  it("is refused when an address or the edge is full, and a user's socket too many is ended", async () => {
    const mesh = await start({ limits: { socketsPerAddress: 3, socketsPerUser: 2 } });
    const first = await mesh.app(asha);
    await mesh.app(asha);
    const third = await mesh.socket({ user: asha });
    expect(await third.closed).toEqual({
      code: closeCodes.TOO_MANY_SOCKETS.code,
      reason: 'TOO_MANY_SOCKETS retry_after_ms=2000',
    });
    await mesh.app(ravi);
    await expect(mesh.socket({ user: ravi })).rejects.toMatchObject({ status: 503, body: { reason: 'OVERLOADED' } });
    await first.close();
    await mesh.app(ravi);
  });

  it('counts addresses as the proxy in front names them, if there is one', async () => {
    const mesh = await start({ behindProxy: true, limits: { socketsPerAddress: 1 } });
    const authorization = `Bearer ${await mesh.issuer.issueUser(asha)}`;
    const from = (forwarded: string) =>
      mesh.socket({ headers: { authorization, 'x-forwarded-for': `6.6.6.6, ${forwarded}` } });
    await (await from('10.0.0.1')).event('hello');
    await (await from('10.0.0.2')).event('hello');
    await expect(from('10.0.0.1')).rejects.toMatchObject({ status: 503 });
  });

  it('keeps what was sent before hello', async () => {
    const mesh = await start();
    const app = await mesh.socket();
    app.send({ id: 1, event: 'ping' });
    expect(await app.next((frame) => frame.id === 1)).toMatchObject({ ok: true });
  });
});

describe('bad frames', () => {
  it('are answered with a reason, and nothing else is disturbed', async () => {
    const mesh = await start();
    const app = await mesh.app();
    const bad = ['{', '[]', '7', 'null', '{"event":"ping"}', '{"id":"x","event":"ping"}', '[['.repeat(20_000)];
    for (const frame of bad) {
      app.send(frame);
      expect(await app.next((each) => each.id === null)).toMatchObject({
        ok: false,
        error: { reason: 'MALFORMED_FRAME' },
      });
    }
    app.send({ id: 5 });
    expect(await app.next((each) => each.id === 5)).toMatchObject({ error: { reason: 'MALFORMED_FRAME' } });
    expect(await app.call('pond.echo', JSON.parse('{"pond_id":"1","__proto__":{"x":1}}'))).toMatchObject({
      error: { reason: 'INVALID_REQUEST' },
    });
    expect(await app.call('ping')).toMatchObject({ ok: true });
  });

  it('are those too whose id is no integer that every app can write', async () => {
    const mesh = await start();
    const app = await mesh.app();
    for (const id of ['0', '-1', '1.5', '1e400', '9007199254740992']) {
      app.send(`{"id":${id},"event":"ping"}`);
      const { error } = await app.next((each) => each.id === null);
      expect(error).toMatchObject({ reason: 'MALFORMED_FRAME' });
    }
    app.send('{"id":9007199254740991,"event":"ping"}');
    expect(await app.next((each) => each.id === 9_007_199_254_740_991)).toMatchObject({ ok: true });
    for (const id of [0, -1]) {
      const frame = ClientFrame.encode({ id, event: 'ping', data: Buffer.alloc(0) }).finish();
      expect(protoFormat.read(new Uint8Array(frame).buffer, true)).toMatchObject({
        error: { reason: 'MALFORMED_FRAME' },
      });
    }
  });

  it('in too great a number end the socket; a frame over the limit does at once', async () => {
    const mesh = await start();
    const app = await mesh.app();
    for (let n = 0; n <= malformedFramesMax; n++) app.send('{');
    expect(await app.closed).toEqual({ code: closeCodes.MALFORMED_FRAMES.code, reason: 'MALFORMED_FRAMES' });
    const large = await mesh.app();
    large.send({ id: 1, event: 'pond.echo', data: { pond_id: '1', text: 'x'.repeat(70_000) } });
    expect((await large.closed).code).toBe(closeCodes.FRAME_TOO_LARGE.code);
    const giant = await mesh.app();
    giant.send('x'.repeat(1_000_000));
    expect((await giant.closed).code).toBe(1006);
  });
});

describe('limits on requests', () => {
  it('refuse an id that is still unanswered, and more than may be in flight', async () => {
    const mesh = await start({ limits: { requestsInFlight: 3 } });
    const app = await mesh.app();
    for (const id of [1, 2, 3]) app.send({ id, event: 'pond.stall', data: { pond_id: '1' } });
    app.send({ id: 2, event: 'ping' });
    expect(reasonOf(await app.next((frame) => frame.id === 2))).toBe('DUPLICATE_REQUEST_NUMBER');
    app.send({ id: 4, event: 'ping' });
    expect(reasonOf(await app.next((frame) => frame.id === 4))).toBe('TOO_MANY_IN_FLIGHT');
  });

  it('charge nothing for what they refuse since too much is in flight', async () => {
    const now = Date.now();
    const mesh = await start({ limits: { requestsInFlight: 1, costBurst: 60 }, clock: () => now });
    let answer = () => {};
    mesh.ponds.beforeAnswer = (kind) =>
      kind === 'rights' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve();
    const app = await mesh.app();
    const joined = app.call('topic.join', { topic: 'q:7' });
    for (let n = 0; n < 20; n++) {
      expect(reasonOf(await app.call('pond.drain', { pond_id: '1' }))).toBe('TOO_MANY_IN_FLIGHT');
    }
    answer();
    expect(reasonOf(await joined)).toBeDefined();
    expect(await app.call('pond.drain', { pond_id: '1' })).toMatchObject({ ok: true });
  });

  it('count what a call costs, and say when to try again', async () => {
    let now = Date.now();
    const mesh = await start({ limits: { costBurst: 120, costPerSecond: 10 }, clock: () => now });
    const app = await mesh.app();
    for (let n = 0; n < 2; n++) expect(await app.call('pond.drain', { pond_id: '1' })).toMatchObject({ ok: true });
    const refused = await app.call('pond.drain', { pond_id: '1' });
    expect(refused).toMatchObject({ error: { reason: 'RATE_LIMITED', retry_after_ms: 3_000 } });
    now += 3_000;
    expect(await app.call('pond.drain', { pond_id: '1' })).toMatchObject({ ok: true });
  });

  it('answer every request of a burst of 10 000, and others go on', async () => {
    const mesh = await start();
    const [burst, calm] = [await mesh.app(asha), await mesh.app(ravi)];
    for (let n = 1; n <= 10_000; n++) burst.send(`{"id":${n},"event":"pond.echo","data":{"pond_id":"1"}}`);
    expect(await calm.call('pond.echo', { pond_id: '1', text: 'calm' })).toMatchObject({ ok: true });
    const answers: unknown[] = [];
    while (answers.length < 10_000) {
      const frame = await burst.next((each) => typeof each.id === 'number');
      answers.push(frame.ok === true ? 'ok' : reasonOf(frame));
    }
    expect(answers.filter((answer) => answer !== 'ok').length).toBeGreaterThan(0);
    expect(await burst.call('ping')).toBeDefined();
  });

  it('give calls up when their socket is closed', async () => {
    const mesh = await start();
    const app = await mesh.app();
    const stalled = mesh.ponds.nextStalled();
    app.send({ id: 1, event: 'pond.stall', data: { pond_id: '1' } });
    const signal = await stalled;
    await app.close();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    expect(signal.aborted).toBe(true);
  });
});

describe('a session ends', () => {
  it('when its token does, unless the app presented a fresh one of the same user', async () => {
    let now = Date.now();
    const mesh = await start({ clock: () => now });
    const user = { ...asha, ttlSeconds: 60 };
    const [renewed, ended] = [await mesh.app(user), await mesh.app(user)];
    const fresh = await mesh.issuer.issueUser({ ...asha, ttlSeconds: 600 });
    expect(await renewed.call('auth.refresh', { token: fresh })).toMatchObject({ ok: true });
    now += 61_000;
    expect(await ended.closed).toEqual({ code: closeCodes.TOKEN_EXPIRED.code, reason: 'TOKEN_EXPIRED' });
    expect(await renewed.call('ping')).toMatchObject({ ok: true });
  });

  it('when auth.refresh presents somebody else, or a service says that it is revoked', async () => {
    const mesh = await start();
    const app = await mesh.app();
    app.send({ id: 1, event: 'auth.refresh', data: { token: await mesh.issuer.issueUser(ravi) } });
    expect((await app.closed).code).toBe(closeCodes.ANOTHER_USER.code);
    const revoked = await mesh.socket();
    const hello = await revoked.event('hello');
    await revoked.call('pond.echo', { pond_id: '1' });
    mesh.say.sessionEnd((hello.data as { session_id: string }).session_id, 'TOKEN_INVALID');
    expect((await revoked.closed).code).toBe(closeCodes.TOKEN_INVALID.code);
  });

  it('when it cannot be opened, with a time to come back', async () => {
    const mesh = await start();
    mesh.ponds.beforeAnswer = async (kind) => {
      if (kind === 'grants') throw new Error('away');
    };
    const app = await mesh.socket();
    expect(await app.closed).toEqual({ code: closeCodes.NOT_OPENED.code, reason: 'NOT_OPENED retry_after_ms=2000' });
  });

  it('is told not to come back where it is not allowed', async () => {
    const mesh = await start();
    mesh.ponds.beforeAnswer = async (kind) => {
      if (kind === 'grants') throw refuse('ACCOUNT_NOT_ALLOWED');
    };
    const app = await mesh.socket();
    expect(await app.closed).toEqual({ code: closeCodes.NOT_ALLOWED.code, reason: 'NOT_ALLOWED' });
  });

  it('when the edge drains: every socket is told to come back and when', async () => {
    const mesh = await start({ drainMs: 200 });
    const apps = await Promise.all(Array.from({ length: 10 }, () => mesh.app()));
    const drained = mesh.edge.drain();
    await expect(mesh.socket()).rejects.toMatchObject({ status: 503, body: { reason: 'SHUTTING_DOWN' } });
    await drained;
    for (const app of apps) {
      const { code, reason } = await app.closed;
      expect(code).toBe(closeCodes.EDGE_DRAINING.code);
      expect(reason).toMatch(/^EDGE_DRAINING retry_after_ms=\d+$/);
    }
  });
});
