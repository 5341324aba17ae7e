import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as rawRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import { asha, openTrust, ravi } from '../../mesh/host/testing.ts';
import { defaultLimits, strangerBytesMax } from '../limits.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

type Started = TestMesh & {
  ask(verb: string, path: string, options?: AskOptions): Promise<Response>;
};

type AskOptions = {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

async function start(options: Parameters<typeof openTestMesh>[0] = {}): Promise<Started> {
  const mesh = await openTestMesh(options);
  open.push(mesh);
  const own = await mesh.issuer.issueUser(asha);
  return {
    ...mesh,
    ask(verb, path, { token = own, body, headers } = {}) {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      return fetch(`http://${mesh.url}${path}`, {
        method: verb,
        headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...(text === undefined ? {} : { body: text }),
      });
    },
  };
}

describe('REST', () => {
  it('makes the call that verb, path, query and body ask for', async () => {
    const mesh = await start();
    const said = await mesh.ask('POST', '/api/ponds/7/lines', {
      body: { text: 'DO is 2.1' },
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' },
    });
    expect([said.status, await said.json()]).toEqual([200, { seq: 1 }]);
    const echo = await mesh.ask('GET', '/api/ponds/7/echo?text=h%C3%A9');
    expect(await echo.json()).toMatchObject({ pond_id: '7', text: 'hé' });
  });

  it('tells what is wrong as a problem, with the reasons of the socket', async () => {
    const mesh = await start();
    const refused = await mesh.ask('POST', '/api/ponds/7/lines', { body: { text: 'refuse' } });
    expect([refused.status, refused.headers.get('content-type'), refused.headers.get('retry-after')]).toEqual([
      409,
      'application/problem+json',
      '1',
    ]);
    expect(await refused.json()).toMatchObject({ reason: 'CONFLICT', code: 'ABORTED', retry_after_ms: 250 });

    const faults: [string, string, AskOptions, number, string][] = [
      ['GET', '/api/none', {}, 404, 'NOT_FOUND'],
      ['DELETE', '/api/ponds/7/lines', {}, 405, 'METHOD_NOT_ALLOWED'],
      ['POST', '/api/ponds/7/lines', { body: '{' }, 400, 'INVALID_REQUEST'],
      ['POST', '/api/ponds/7/lines', { body: { nope: 1 } }, 400, 'INVALID_REQUEST'],
      ['POST', '/api/ponds/7/lines', { body: 'a=b', headers: { 'content-type': 'text/csv' } }, 400, 'INVALID_REQUEST'],
      ['POST', '/api/ponds/7/lines', { body: JSON.stringify({ text: 'x'.repeat(2_000_000) }) }, 413, 'TOO_LARGE'],
      ['GET', '/api/ponds/7/echo', { token: '' }, 401, 'NOT_SIGNED_IN'],
      ['GET', '/api/ponds/7/echo', { token: 'a.b.c' }, 401, 'TOKEN_INVALID'],
      ['POST', '/api/ponds/7/lines', { body: { text: 'break' } }, 500, 'INTERNAL'],
    ];
    for (const [verb, path, options, status, reason] of faults) {
      const answer = await mesh.ask(verb, path, options);
      expect([answer.status, ((await answer.json()) as { reason: string }).reason], `${verb} ${path}`).toEqual([
        status,
        reason,
      ]);
    }
    const large = await mesh.ask('POST', '/api/ponds/7/lines', { body: { text: 'x'.repeat(2_000_000) } });
    expect([large.statusText, ((await large.json()) as { title: string }).title]).toEqual([
      'Content Too Large',
      'Content Too Large',
    ]);
    expect((await mesh.ask('PUT', '/api/ponds/7/lines')).headers.get('allow')).toBe('POST');
  });

  it('gives a call up when its client leaves', async () => {
    const mesh = await start();
    const token = await mesh.issuer.issueUser(asha);
    const [host, port] = mesh.url.split(':');
    const leaving = rawRequest({
      host,
      port,
      method: 'POST',
      path: '/api/ponds/7/stall',
      headers: { authorization: `Bearer ${token}` },
    });
    leaving.on('error', () => {});
    leaving.end();
    const stalled = await mesh.ponds.nextStalled();
    leaving.destroy();
    await new Promise((resolve) => stalled.addEventListener('abort', resolve, { once: true }));
    expect(stalled.aborted).toBe(true);
  });

  it('limits the rate of a user, and of strangers by address', async () => {
    const mesh = await start({ limits: { costBurst: 3, costPerSecond: 1, strangerPerSecond: 0.3 } });
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await mesh.ask('GET', '/api/ponds/7/echo')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const strangers = [];
    for (let n = 0; n < 4; n++) strangers.push((await mesh.ask('GET', '/api/ponds/7/echo', { token: 'x' })).status);
    expect(strangers).toEqual([401, 401, 401, 429]);
    // Strangers at the same address keep nobody with a token from a ticket.
    const ravis = await mesh.issuer.issueUser(ravi);
    expect((await mesh.ask('POST', '/api/auth/ticket', { token: ravis })).status).toBe(200);
    expect((await mesh.ask('POST', '/api/auth/ticket', { token: 'x' })).status).toBe(429);
  });
});

describe('bodies of strangers', () => {
  const uploads = Math.ceil(strangerBytesMax / defaultLimits.bodyBytes) + 8;
  const body = { text: 'x'.repeat(defaultLimits.bodyBytes - 1_000) };
  const limits = { strangerPerSecond: 1_000 };
  const reasonsOf = (answers: readonly Response[]) =>
    Promise.all(answers.map(async (answer) => ((await answer.json()) as { reason: string }).reason));

  it('are kept up to a bound while tokens are checked, and let go when these do not hold', async () => {
    let check = () => {};
    const checked = new Promise<void>((resolve) => {
      check = resolve;
    });
    const trust = openTrust();
    const { verify } = trust.verifier;
    const slow: Verifier = {
      verify: async (token) => {
        await checked;
        return verify.call(trust.verifier, token);
      },
      close: () => trust.verifier.close(),
    };
    const mesh = await start({ trust, verifier: slow, limits });
    const asking = Array.from({ length: uploads }, (_, n) =>
      mesh.ask('POST', '/api/ponds/7/lines', { token: `a.b.${n}`, body }),
    );
    await expect(Promise.race(asking).then(({ status }) => status)).resolves.toBe(503);
    check();
    const reasons = await reasonsOf(await Promise.all(asking));
    expect(new Set(reasons)).toEqual(new Set(['OVERLOADED', 'TOKEN_INVALID']));
    expect((await mesh.ask('POST', '/api/ponds/7/lines', { body: { text: 'DO is 2.1' } })).status).toBe(200);
  });

  it('are not kept at all where there is nothing that could be a token', async () => {
    const mesh = await start({ limits });
    for (const [token, reason] of [
      ['', 'NOT_SIGNED_IN'],
      ['no token', 'TOKEN_INVALID'],
    ] as const) {
      const asking = Array.from({ length: uploads }, () => mesh.ask('POST', '/api/ponds/7/lines', { token, body }));
      expect(new Set(await reasonsOf(await Promise.all(asking)))).toEqual(new Set([reason]));
    }
  });
});

describe('pages of other origins', () => {
  it('may call when they are listed, and are refused when not', async () => {
    const mesh = await start({ allowedOrigins: ['https://farm.example'] });
    const listed = await mesh.ask('OPTIONS', '/api/ponds/7/echo', { headers: { origin: 'https://farm.example' } });
    expect([listed.status, listed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://farm.example']);
    expect(listed.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    const other = await mesh.ask('GET', '/api/ponds/7/echo', { headers: { origin: 'https://evil.example' } });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect(await other.json()).toMatchObject({ detail: expect.stringContaining('CIRCUIT_ALLOWED_ORIGINS') });
    const own = await mesh.ask('GET', '/api/ponds/7/echo', { headers: { origin: `http://${mesh.url}` } });
    expect(own.status).toBe(200);
  });
});

describe('tickets', () => {
  it('open one socket, once, from the same origin, within 30 seconds', async () => {
    let now = Date.now();
    const mesh = await start({ clock: () => now });
    const origin = `http://${mesh.url}`;
    const ticketFor = async (headers: Record<string, string>): Promise<string> => {
      const answer = await mesh.ask('POST', '/api/auth/ticket', { headers });
      return ((await answer.json()) as { ticket: string }).ticket;
    };
    const ticket = await ticketFor({ origin });
    const opened = await mesh.socket({ headers: { origin }, path: `/ws?ticket=${ticket}` });
    expect(await opened.event('hello')).toBeDefined();
    const again = mesh.socket({ headers: { origin }, path: `/ws?ticket=${ticket}` });
    await expect(again).rejects.toMatchObject({ status: 401, body: { reason: 'TICKET_INVALID' } });
    const elsewhere = mesh.socket({ headers: {}, path: `/ws?ticket=${await ticketFor({ origin })}` });
    await expect(elsewhere).rejects.toMatchObject({ status: 401, body: { reason: 'TICKET_INVALID' } });
    const late = await ticketFor({});
    now += 30_000;
    await expect(mesh.socket({ headers: {}, path: `/ws?ticket=${late}` })).rejects.toMatchObject({ status: 401 });
  });
});

describe('a ticket', () => {
  it('is not for domain servers, which call over REST and gRPC', async () => {
    const mesh = await start();
    const token = await mesh.issuer.issueService({
      kind: 'domain_server',
      key: 'fish',
      accountKeys: [asha.accountKey],
    });
    const answer = await mesh.ask('POST', '/api/auth/ticket', { token });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ reason: 'CALLER_NOT_ALLOWED' }),
    ]);
  });
});

describe('the dev login', () => {
  it('is there only when the edge has an issuer', async () => {
    const without = await start();
    const body = { user_key: '100000000001' };
    expect((await without.ask('POST', '/api/auth/dev-login', { body })).status).toBe(404);
    const trust = openTrust();
    const withIssuer = await start({ trust, issuer: trust.issuer });
    const answer = await withIssuer.ask('POST', '/api/auth/dev-login', { token: '', body });
    const { token, user } = (await answer.json()) as { token: string; user: unknown };
    expect(user).toEqual({ user_key: '100000000001', account_key: '900000000001', display_name: 'Asha' });
    expect((await withIssuer.ask('GET', '/api/ponds/7/echo', { token })).status).toBe(200);
    const bad = await withIssuer.ask('POST', '/api/auth/dev-login', { body: { user_key: 'asha' } });
    expect(bad.status).toBe(400);
  });
});

describe('files and health', () => {
  it('serves the console with types, caching and a strict policy, and nothing outside its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'circuit-web-'));
    open.push({ close: () => rm(folder, { recursive: true }) });
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Console</title>');
    await writeFile(join(folder, 'assets/main-1a2b3c4d.js'), `${'x'.repeat(500)}`);
    const mesh = await start({ webRoot: folder });
    const page = await mesh.ask('GET', '/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const script = await mesh.ask('GET', '/assets/main-1a2b3c4d.js');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(await script.text()).toBe('x'.repeat(500));
    const same = await mesh.ask('GET', '/', { headers: { 'if-none-match': page.headers.get('etag') ?? '' } });
    expect(same.status).toBe(304);
    expect((await mesh.ask('GET', '/assets/../../etc/passwd')).status).toBe(404);
    expect((await mesh.ask('GET', '/%2e%2e/etc/passwd')).status).toBe(404);
  });

  it('describes the API for people and for tools', async () => {
    const mesh = await start();
    const page = await mesh.ask('GET', '/docs');
    expect(await page.text()).toContain('pond.say');
    const openApi = (await (await mesh.ask('GET', '/docs/openapi.json')).json()) as { paths: object };
    expect(Object.keys(openApi.paths)).toContain('/api/ponds/{pond_id}/lines');
    expect(Object.keys(openApi.paths)).not.toContain('/api/auth/dev-login');
    const asyncApi = (await (await mesh.ask('GET', '/docs/asyncapi.json')).json()) as { asyncapi: string };
    expect(asyncApi.asyncapi).toBe('3.0.0');
  });

  it('describes what the edge itself answers, as it answers it', async () => {
    const trust = openTrust();
    const mesh = await start({ trust, issuer: trust.issuer });
    const document = (await (await mesh.ask('GET', '/docs/openapi.json')).json()) as object;
    expect((await new Validator().validate(document as Record<string, unknown>)).errors).toBeUndefined();
    const ajv = new Ajv.default({ strict: false, validateFormats: false }).addSchema(document, 'openapi');
    const body = { user_key: asha.userKey };
    const asked = [
      ['POST', '/api/auth/ticket', {}],
      ['POST', '/api/auth/dev-login', { body }],
      ['GET', '/healthz', {}],
      ['GET', '/readyz', {}],
    ] as const;
    for (const [verb, path, options] of asked) {
      const at = `paths/${path.replaceAll('/', '~1')}/${verb.toLowerCase()}`;
      const validate = ajv.getSchema(`openapi#/${at}/responses/200/content/application~1json/schema`);
      const answer = await mesh.ask(verb, path, options);
      validate?.(await answer.json());
      expect([path, answer.status, validate?.errors]).toEqual([path, 200, null]);
    }
  });

  it('is ready while it is not draining and services can be reached', async () => {
    const mesh = await start();
    expect((await mesh.ask('GET', '/healthz')).status).toBe(200);
    expect((await mesh.ask('GET', '/readyz')).status).toBe(200);
    await mesh.edge.drain();
    expect((await mesh.ask('GET', '/readyz')).status).toBe(503);
    expect((await mesh.ask('GET', '/healthz')).status).toBe(200);
  });

  it('ends no drain before what it was asked is answered', async () => {
    const mesh = await start({ drainMs: 60_000 });
    const stalled = mesh.ponds.nextStalled();
    const client = new AbortController();
    const authorization = `Bearer ${await mesh.issuer.issueUser(asha)}`;
    const asking = fetch(`http://${mesh.url}/api/ponds/7/stall`, {
      method: 'POST',
      headers: { authorization },
      signal: client.signal,
    });
    asking.catch(() => {});
    await stalled;
    let drained = false;
    const draining = mesh.edge.drain().then(() => {
      drained = true;
    });
    expect((await mesh.ask('GET', '/readyz')).status).toBe(503);
    expect(drained).toBe(false);
    client.abort();
    await draining;
  });
});
