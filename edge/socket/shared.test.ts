import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asha, openTrust, ravi, type Trust } from '../../mesh/host/testing.ts';
import { openRedisShared } from '../../mesh/shared/redis-shared.ts';
import type { Shared } from '../../mesh/shared/shared.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { hasRedis, openTestRedis, type TestRedis } from '../../tests/support/redis.ts';
import { defaultLimits, socketsWorthPerUser, userRateSeconds } from '../limits.ts';
import { openTestMesh, type TestMesh } from '../testing/mesh.ts';
import { closeCodes } from './close-codes.ts';
import { UserRates } from './user-rates.ts';

const opened: { close(): unknown }[] = [];
const origin = 'https://app.example';

describe.skipIf(!hasRedis())('two edges that know something together', () => {
  let redis: TestRedis;
  let trust: Trust;
  beforeEach(async () => {
    redis = await openTestRedis();
    opened.push(redis);
    trust = openTrust();
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  async function share(): Promise<Shared> {
    const shared = openRedisShared({ url: redis.url, log: silentLog() });
    opened.push(shared);
    await expect.poll(() => shared.reachable).toBe(true);
    return shared;
  }

  async function start(): Promise<TestMesh> {
    const mesh = await openTestMesh({ trust, shared: await share(), allowedOrigins: [origin] });
    opened.push(mesh);
    return mesh;
  }

  async function ticketOf(mesh: TestMesh): Promise<string> {
    const authorization = `Bearer ${await trust.issuer.issueUser(asha)}`;
    const answer = await fetch(`http://${mesh.url}/api/auth/ticket`, {
      method: 'POST',
      headers: { authorization, origin },
    });
    return ((await answer.json()) as { readonly ticket: string }).ticket;
  }

  const socketBy = (mesh: TestMesh, ticket: string, from = origin) =>
    mesh.socket({ path: `/ws?ticket=${ticket}`, headers: { origin: from } });

  it('take each other’s tickets, once, and only from the page that fetched them', async () => {
    const [one, other] = [await start(), await start()];
    const ticket = await ticketOf(one);
    await (await socketBy(other, ticket)).event('ready');
    for (const mesh of [one, other]) {
      expect((await (await socketBy(mesh, ticket)).closed).code).toBe(closeCodes.TOKEN_EXPIRED.code);
    }
    const astray = await socketBy(other, await ticketOf(one), `http://${other.url}`);
    expect((await astray.closed).code).toBe(closeCodes.TOKEN_EXPIRED.code);
    await expect(socketBy(other, 'no ticket')).rejects.toMatchObject({
      status: 401,
      body: { reason: 'TICKET_INVALID' },
    });
  });

  it('take their own tickets while Redis is away', async () => {
    const mesh = await start();
    await redis.kill();
    await expect.poll(async () => socketBy(mesh, await ticketOf(mesh)).then((app) => app.event('ready'))).toBeDefined();
  });

  it('stop a user who spends at one what was spent at the other', async () => {
    const rates = [
      new UserRates(defaultLimits, await share(), Date.now),
      new UserRates(defaultLimits, await share(), Date.now),
    ] as const;
    for (const each of rates) opened.push(each);
    const points = defaultLimits.costPerSecond * socketsWorthPerUser * userRateSeconds;
    expect(rates[0].take(asha.userKey, points)).toBe(0);
    await rates[0].settle();
    expect(rates[1].take(asha.userKey, 1)).toBe(0);
    await rates[1].settle();
    const waitMs = rates[1].take(asha.userKey, 1);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(userRateSeconds * 1_000);
    expect(rates[1].take(ravi.userKey, 1)).toBe(0);
  });
});
