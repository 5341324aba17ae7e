// `circuit edge`: WebSocket, REST and the console for apps. On Node only: its server is a native addon.

import { type Edge, type EdgeOptions, openEdge } from '../../edge/open-edge.ts';
import type { Subscriptions } from '../../mesh/bus/bus.ts';
import { openRedisSubscriber } from '../../mesh/bus/redis/subscriber.ts';
import { SwitchingSubscriptions } from '../../mesh/bus/redis/switching-subscriptions.ts';
import { type MeshLinks, openLinks } from '../../mesh/caller/link-client/open-links.ts';
import type { Config } from '../../mesh/config/config.ts';
import type { Api } from '../../mesh/schema/api.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { openRedisShared } from '../../mesh/shared/redis-shared.ts';
import { certificatesFor } from '../process/certificates.ts';
import { type Closing, withClosing } from '../process/closing.ts';
import { withSettings } from '../process/failure.ts';
import { announce, openAdminFor, openGround, type ProcessGround } from '../process/ground.ts';
import { issuerFor, ownTokenFor, verifierFor } from '../process/identity.ts';
import { toldToEnd } from '../process/told-to-end.ts';
import { packageRoot } from '../process/version.ts';

export const usage = 'circuit edge\n\nSettings come from the environment: circuit config edge.';

export async function run(): Promise<void> {
  const ground = openGround('edge');
  const { config, log, metrics } = ground;
  const end = toldToEnd(log);
  await withClosing(async (closing) => {
    const api = loadApiFile();
    const token = await ownTokenFor(ground, { kind: 'edge', key: 'edge' });
    const tls = certificatesFor(ground, closing);
    const links = closing.adopt(openLinks({ api, peers: config.peers, token, tls, log, metrics }), (it) => it.close());
    let ending = false;
    end.then(() => {
      ending = true;
    });
    const ready = async () => {
      if (ending) throw new Error('it is told to end');
      if (!links.healthy()) throw new Error('a service cannot be reached');
    };
    // Metrics are read while it waits for its services, too.
    closing.adopt(await openAdminFor(ground, ready), (it) => it?.close());
    if (!(await Promise.race([whenHealthy(links).then(() => true), end.then(() => false)]))) return;
    const edge = await edgeOf(ground, api, links, closing);
    announce(`http://${addressOf(config.host)}:${edge.port}`);
    await end;
    await edge.drain();
  });
}

async function edgeOf(ground: ProcessGround, api: Api, links: MeshLinks, closing: Closing): Promise<Edge> {
  const { config, log, metrics } = ground;
  const issuer = config.mode === 'dev' ? issuerFor(config) : undefined;
  if (issuer !== undefined) log.warn('DEV MODE: whoever reaches this edge can sign in as anyone, without a password');
  const options: EdgeOptions = {
    api,
    links,
    ...(config.redisUrl === undefined
      ? {}
      : { shared: closing.adopt(openRedisShared({ url: config.redisUrl, log, metrics }), (it) => it.close()) }),
    subscriptions: subscriptionsOf(ground, links, closing),
    verifier: closing.adopt(verifierFor(config, metrics), (it) => it.close()),
    log,
    metrics,
    host: config.host,
    port: config.port,
    allowedOrigins: config.allowedOrigins,
    behindProxy: config.behindProxy,
    limits: limitsOf(config),
    drainMs: config.drainMs,
    ...(issuer === undefined ? {} : { issuer }),
    webRoot: `${packageRoot}dist/web`,
  };
  const edge = await withSettings('CIRCUIT_HOST, CIRCUIT_PORT', () => openEdge(options));
  return closing.adopt(edge, (it) => it.close());
}

/** Over Redis where there is one, with Links while it is away. */
function subscriptionsOf({ config, log, metrics }: ProcessGround, links: MeshLinks, closing: Closing): Subscriptions {
  if (config.redisUrl === undefined) return links.subscriptions;
  const redis = closing.adopt(openRedisSubscriber({ url: config.redisUrl, log, metrics }), (it) => it.close());
  const end = closing.adopt(new AbortController(), async (it) => it.abort());
  return new SwitchingSubscriptions(redis, links.subscriptions, end.signal);
}

function limitsOf(config: Config) {
  const { sockets, socketsPerUser, socketsPerAddress, topicsPerSocket, requestsInFlight } = config;
  const { frameBytes, bodyBytes, costPerSecond, costBurst, strangerPerSecond } = config;
  return {
    sockets,
    socketsPerUser,
    socketsPerAddress,
    topicsPerSocket,
    requestsInFlight,
    frameBytes,
    bodyBytes,
    costPerSecond,
    costBurst,
    strangerPerSecond,
  };
}

/** An app that came before there is anyone to ask would only be told so: the port opens when services answer. */
function whenHealthy(links: MeshLinks): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (links.healthy()) resolve();
    };
    links.onChange(look);
    look();
  });
}

/** What to write into a browser's address line: an address for all interfaces is none. */
function addressOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
