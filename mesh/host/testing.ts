// A real host on loopback for tests: tokens that it believes, and callers that speak plain gRPC to it.

import { randomBytes } from 'node:crypto';
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import type { Db } from 'mongodb';
import { type Issuer, openIssuer, type ServiceToken, type UserToken } from '../auth/issuer.ts';
import { secretKey } from '../auth/token-key.ts';
import { openVerifier, type Verifier } from '../auth/verifier.ts';
import { type LinksOptions, type MeshLinks, openLinks } from '../caller/link-client/open-links.ts';
import { fromGrpcError } from '../errors/grpc-error.ts';
import type { Api } from '../schema/api.ts';
import { loadApiFile } from '../schema/load-api.ts';
import type { IdSource } from '../store/ids.ts';
import { silentLog } from '../telemetry/log.ts';
import { type Host, type HostedService, type HostOptions, openHost } from './host.ts';

/** Two users of one account. */
export const asha: UserToken = { userKey: '100000000001', accountKey: '900000000001', displayName: 'Asha' };
export const ravi: UserToken = { userKey: '100000000002', accountKey: '900000000001', displayName: 'Ravi' };

export type Trust = { readonly issuer: Issuer; readonly verifier: Verifier };

/** A key of its own, an issuer that signs with it and a verifier that believes it: one for all processes of a test. */
export function openTrust(clock: () => number = Date.now, secret: string = randomBytes(32).toString('hex')): Trust {
  const common = {
    key: secretKey(secret),
    issuer: 'https://mesh.test',
    audience: 'circuit',
    clock,
  };
  return { issuer: openIssuer(common), verifier: openVerifier({ ...common, clockToleranceMs: 0 }) };
}

export type CallMetadata = Readonly<Record<string, string | Buffer>>;

/** Somebody with a token (or without) who makes plain gRPC calls; errors are CircuitErrors. */
export type TestCaller = {
  call<Request, Response>(
    rpc: MethodDefinition<Request, Response>,
    request: Request,
    options?: { readonly metadata?: CallMetadata; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Response>;
};

export type TestHost = Trust & {
  readonly host: Host;
  readonly api: Api;
  asUser(user: UserToken): TestCaller;
  asService(service: ServiceToken): TestCaller;
  asAnyone(): TestCaller;
  withToken(token: string): TestCaller;
  close(): Promise<void>;
};

export type TestHostOptions = Partial<Omit<HostOptions, 'services' | 'verifier'>> & {
  readonly services: readonly HostedService[];
  /** Shared by the hosts of one test. */
  readonly trust?: Trust;
};

/** Opens the services in a real host. Without `db` and `ids` for services that use none: asking for either throws. */
export async function openTestHost(options: TestHostOptions): Promise<TestHost> {
  const { services, trust = openTrust(options.clock), api = loadApiFile(), ...rest } = options;
  const key = services.map((service) => service.name).join('.');
  const host = await openHost({
    db: absent<Db>('database'),
    ids: absent<IdSource>('source of ids'),
    log: silentLog(),
    token: () => trust.issuer.issueService({ kind: 'system', key }),
    ...rest,
    services,
    api,
    verifier: trust.verifier,
  });
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  const caller = (token: () => Promise<string>): TestCaller => callerOver(client, token);
  return {
    ...trust,
    host,
    api,
    asUser: (user) => caller(() => trust.issuer.issueUser(user)),
    asService: (service) => caller(() => trust.issuer.issueService(service)),
    asAnyone: () => caller(async () => ''),
    withToken: (token) => caller(async () => token),
    async close() {
      client.close();
      await host.close();
    },
  };
}

/** Links of an edge to these hosts, of which so many are healthy when it resolves: all, if not said otherwise. */
export async function openTestLinks(
  trust: Trust,
  api: Api,
  addresses: readonly string[],
  healthy: number = addresses.length,
  more: Partial<LinksOptions> = {},
): Promise<MeshLinks> {
  const services = [...new Set([...api.services.values()].map(({ service }) => service))];
  const peers = new Map(services.map((service) => [service, addresses]));
  const token = () => trust.issuer.issueService({ kind: 'edge', key: 'edge' });
  const links = openLinks({ api, peers, token, log: silentLog(), ...more });
  await untilHealthy(links, healthy);
  return links;
}

/** Resolves when so many Links are healthy. */
export function untilHealthy(links: MeshLinks, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => links.healthyCount >= count && resolve();
    links.onChange(look);
    look();
  });
}

/** Calls from one side reach the server in the order made only if the token is at hand: it is fetched once. */
function callerOver(client: Client, fetchToken: () => Promise<string>): TestCaller {
  let fetched: Promise<string> | undefined;
  return {
    async call(rpc, request, options = {}) {
      fetched ??= fetchToken();
      const token = await fetched;
      const metadata = new Metadata();
      if (token !== '') metadata.set('authorization', `Bearer ${token}`);
      for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
      return new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          rpc.path,
          rpc.requestSerialize,
          rpc.responseDeserialize,
          request,
          metadata,
          { deadline: Date.now() + (options.timeoutMs ?? 10_000) },
          (error, response) => (error ? reject(fromGrpcError(error)) : resolve(response!)),
        );
        options.signal?.addEventListener('abort', () => call.cancel(), { once: true });
      });
    },
  };
}

function absent<Thing extends object>(name: string): Thing {
  return new Proxy({} as Thing, {
    get() {
      throw new Error(`This test host was opened without a ${name}.`);
    },
  });
}
