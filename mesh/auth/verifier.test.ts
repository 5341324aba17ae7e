import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { Caller } from '../service/caller.ts';
import { openIssuer } from './issuer.ts';
import { asymmetricKey, secretKey, type TokenKey } from './token-key.ts';
import { openVerifier, rememberedForMs } from './verifier.ts';

const issuer = 'https://users.test';
const audience = 'circuit';
const asha = { userKey: '100000000001', accountKey: '900000000001', displayName: 'Asha' };
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function freshKey(type: 'ed25519' | 'ec' | 'rsa' = 'ed25519'): TokenKey {
  const options = { ec: { namedCurve: 'prime256v1' }, rsa: { modulusLength: 2048 }, ed25519: {} }[type];
  const { privateKey } = generateKeyPairSync(type as 'rsa', options as { modulusLength: number });
  return asymmetricKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** A user server's key endpoint on loopback; `keys` may change while it runs. */
async function jwksServer(keys: { current: readonly (TokenKey & { kid: string })[] }) {
  const server = createServer((_request, response) => {
    const jwks = keys.current.map(({ kid, algorithm, verify }) => ({
      ...verify.export({ format: 'jwk' }),
      kid,
      alg: algorithm,
    }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: jwks }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => new Promise((closed) => server.close(closed)));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/jwks`;
}

const refusal = (promise: Promise<Caller>) =>
  promise.then(
    () => 'verified',
    (error: { reason: string }) => error.reason,
  );

describe('a user token', () => {
  it.each(['ed25519', 'ec', 'rsa'] as const)('signed by an %s key becomes the user it names', async (type) => {
    const key = freshKey(type);
    const token = await openIssuer({ key, issuer, audience }).issueUser({
      ...asha,
      roles: ['moderator'],
      sessionId: 's1',
    });
    expect(await openVerifier({ key, issuer, audience }).verify(token)).toMatchObject({
      kind: 'user',
      key: '100000000001',
      accountKey: '900000000001',
      displayName: 'Asha',
      roles: ['moderator'],
      sessionId: 's1',
      issuedAtMs: expect.closeTo(Date.now(), -4),
    });
  });

  it('is checked once for calls that come together, and they go on in the order they came', async () => {
    const key = freshKey();
    const verifier = openVerifier({ key, issuer, audience });
    const token = await openIssuer({ key, issuer, audience }).issueUser(asha);
    const order: number[] = [];
    const callers = await Promise.all(
      Array.from({ length: 20 }, async (_, place) => {
        const caller = await verifier.verify(token);
        order.push(place);
        return caller;
      }),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(callers).size).toBe(1);
  });

  it('expires by the clock, remembered or not', async () => {
    let now = Date.now();
    const key = freshKey();
    const options = { key, issuer, audience, clock: () => now, clockToleranceMs: 0 };
    const verifier = openVerifier(options);
    const token = await openIssuer(options).issueUser({ ...asha, ttlSeconds: 30 });
    await verifier.verify(token);
    now += 31_000;
    expect(await refusal(verifier.verify(token))).toBe('TOKEN_EXPIRED');
    expect(await refusal(openVerifier(options).verify(token))).toBe('TOKEN_EXPIRED');
  });

  it('is refused when forged, malformed, unsigned, endless, or for another audience or issuer', async () => {
    const key = freshKey();
    const verifier = openVerifier({ key, issuer, audience });
    const good = await openIssuer({ key, issuer, audience }).issueUser(asha);
    const bad = [
      await openIssuer({ key: freshKey(), issuer, audience }).issueUser(asha),
      await openIssuer({ key, issuer, audience: 'bank' }).issueUser(asha),
      await openIssuer({ key, issuer: 'https://evil.test', audience }).issueUser(asha),
      new UnsecuredJWT({ account: asha.accountKey })
        .setSubject(asha.userKey)
        .setAudience(audience)
        .setIssuer(issuer)
        .encode(),
      await new SignJWT({ account: asha.accountKey })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setSubject(asha.userKey)
        .setAudience(audience)
        .setIssuer(issuer)
        .sign(key.sign as never),
      `${good.slice(0, -8)}AAAAAAAA`,
      'x'.repeat(9_000),
      '',
      'a.b.c',
    ];
    for (const token of bad) expect(await refusal(verifier.verify(token))).toBe('TOKEN_INVALID');
    expect(await refusal(verifier.verify(good))).toBe('verified');
  });

  it('is refused when it is keyed with the text of our public key', async () => {
    const key = freshKey('rsa');
    const confused = secretKey(key.verify.export({ type: 'spki', format: 'pem' }).toString());
    const token = await openIssuer({ key: confused, issuer, audience }).issueUser(asha);
    expect(await refusal(openVerifier({ key, issuer, audience }).verify(token))).toBe('TOKEN_INVALID');
  });

  it('is refused when its keys are not ones of ours', async () => {
    const key = freshKey();
    const verifier = openVerifier({ key, issuer, audience });
    const issue = openIssuer({ key, issuer, audience });
    for (const user of [
      { userKey: '1' },
      { accountKey: "9'; drop" },
      { roles: Array.from({ length: 33 }, () => 'r') },
    ]) {
      expect(await refusal(verifier.verify(await issue.issueUser({ ...asha, ...user })))).toBe('TOKEN_INVALID');
    }
  });
});

describe('a service token', () => {
  it('becomes a domain server with its accounts, or a process of the mesh', async () => {
    const key = secretKey('a secret of at least thirty-two bytes');
    const issue = openIssuer({ key, issuer, audience });
    const verifier = openVerifier({ key, issuer, audience });
    const fish = await issue.issueService({ kind: 'domain_server', key: 'fish', accountKeys: ['900000000001'] });
    expect(await verifier.verify(fish)).toMatchObject({
      kind: 'domain_server',
      key: 'fish',
      accountKeys: ['900000000001'],
    });
    const edge = await issue.issueService({ kind: 'edge', key: 'edge' });
    expect(await verifier.verify(edge)).toEqual({ kind: 'edge', key: 'edge' });
  });
});

describe("the user server's keys", () => {
  it('verify users and never make a process of the mesh', async () => {
    const first = { ...freshKey(), kid: 'one' };
    const keys = { current: [first] };
    let now = Date.now();
    const options = { issuer, audience, clock: () => now };
    const verifier = openVerifier({ ...options, key: freshKey(), jwksUrl: await jwksServer(keys) });
    const token = await openIssuer({ key: first, issuer, audience }).issueUser(asha);
    expect(await verifier.verify(token)).toMatchObject({ key: asha.userKey });

    const edge = await openIssuer({ key: first, issuer, audience }).issueService({ kind: 'edge', key: 'edge' });
    expect(await refusal(verifier.verify(edge))).toBe('TOKEN_INVALID');

    now += rememberedForMs;
    const stranger = await openIssuer({ key: freshKey(), issuer, audience }).issueUser(asha);
    expect(await refusal(verifier.verify(stranger))).toBe('TOKEN_INVALID');
  });

  it('that cannot be reached make it a matter of trying again, not a bad token', async () => {
    const verifier = openVerifier({ issuer, audience, jwksUrl: 'http://127.0.0.1:1/jwks' });
    const token = await openIssuer({ key: freshKey(), issuer, audience }).issueUser(asha);
    expect(await refusal(verifier.verify(token))).toBe('UNAVAILABLE');
  });
});

describe('a token key', () => {
  it('is refused when it is too weak or of a kind that is not used', () => {
    expect(() => secretKey('short')).toThrow('at least 32 bytes');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => asymmetricKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow('2048');
  });
});
