import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ListEntriesRequest,
  ListEntriesResponse,
  ListGrantsRequest,
  ListGrantsResponse,
  ListHeadsRequest,
  ListHeadsResponse,
  ListRightsRequest,
  ListRightsResponse,
  TopicServiceService,
} from '../../gen/circuit/link/v1/topic_service.ts';
import type { MeshLinks } from '../caller/link-client/open-links.ts';
import type { Api } from '../schema/api.ts';
import type { TopicSource } from '../service/topic-source.ts';
import { echoApi, echoService, reedService } from './testdata/echo.ts';
import { asha, openTestHost, openTestLinks, openTrust, type TestHost } from './testing.ts';

let api: Api;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  ({ api } = await echoApi());
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Topics of one prefix: each user has the one of the own key; heads are 7; the right to a topic is asha's. */
function topicsOf(prefix: string): TopicSource {
  return {
    grants: async ({ userKey }) => [{ topic: `${prefix}:${userKey}`, since: 1, follow: true }],
    heads: async (topics) => topics.map((topic) => ({ topic, seq: 7 })),
    entries: async (_topic, after, limit) => ({ events: [], head: after + limit, gone: false }),
    rights: async (_topic, userKeys) => ({
      head: 7,
      rights: userKeys.filter((key) => key === asha.userKey).map((userKey) => ({ userKey, since: 2 })),
    }),
  };
}

async function start(services: Parameters<typeof openTestHost>[0]['services'][]): Promise<[MeshLinks, ...TestHost[]]> {
  const trust = openTrust();
  const hosts: TestHost[] = [];
  for (const each of services) {
    const host = await openTestHost({ services: each, api, trust });
    opened.push(host);
    hosts.push(host);
  }
  const links = await openTestLinks(
    trust,
    api,
    hosts.map(({ host }) => host.address),
  );
  opened.push(links);
  return [links, ...hosts];
}

function ask(links: MeshLinks, name: string, request: Uint8Array, keeper?: string): Promise<Uint8Array> {
  const method = api.methods.get(`circuit.link.v1.TopicService/${name}`)!;
  return links.request({ method, request, signal: AbortSignal.timeout(5_000), ...(keeper && { keeper }) });
}

const echo = () => echoService({}, { topics: topicsOf('e') });
const reed = () => reedService(topicsOf('r'));

describe.each([
  ['one process', [[echo(), reed()]]],
  ['two processes', [[echo()], [reed()]]],
])('topics of two services in %s', (_where, services) => {
  it('are granted to a user by both', async () => {
    const [links] = await start(services);
    const request = ListGrantsRequest.encode({ userKey: asha.userKey, accountKey: asha.accountKey }).finish();
    const keepers = new Set([...api.topics.values()].map(({ service }) => service));
    const asked = [...keepers].map((keeper) => ask(links, 'ListGrants', request, keeper));
    const grants = (await Promise.all(asked)).flatMap((answer) => ListGrantsResponse.decode(answer).grants);
    const topics = new Set(grants.map((grant) => grant.topic));
    expect(topics).toEqual(new Set([`e:${asha.userKey}`, `r:${asha.userKey}`]));
  });

  it('are read from the service that keeps them', async () => {
    const [links] = await start(services);
    for (const topic of ['e:1', 'r:1']) {
      const heads = ListHeadsRequest.encode({ topics: [topic] }).finish();
      expect(ListHeadsResponse.decode(await ask(links, 'ListHeads', heads)).heads).toEqual([{ topic, seq: 7 }]);
      const entries = ListEntriesRequest.encode({ topic, after: 3, limit: 0 }).finish();
      expect(ListEntriesResponse.decode(await ask(links, 'ListEntries', entries)).head).toBe(503);
      const rights = ListRightsRequest.encode({ topic, userKeys: [asha.userKey, '100000000002'] }).finish();
      expect(ListRightsResponse.decode(await ask(links, 'ListRights', rights)).rights).toEqual([
        { userKey: asha.userKey, since: 2 },
      ]);
    }
  });
});

describe('a topic that nobody keeps', () => {
  it('is left out of heads, and its entries are refused', async () => {
    const [, host] = await start([[echo(), reed()]]);
    const edge = host!.asService({ kind: 'edge', key: 'edge' });
    const { listHeads, listEntries } = TopicServiceService;
    expect((await edge.call(listHeads, { topics: ['x:1', 'e:1'] })).heads).toEqual([{ topic: 'e:1', seq: 7 }]);
    await expect(edge.call(listEntries, { topic: 'x:1', after: 0, limit: 0 })).rejects.toMatchObject({
      reason: 'TOPIC_NOT_FOUND',
    });
    const user = host!.asUser(asha).call(listEntries, { topic: 'e:1', after: 0, limit: 0 });
    await expect(user).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
  });
});
