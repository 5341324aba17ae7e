// Runs services: one grpc-js server with their RPCs, TopicService, Link, health and reflection, and an orderly end.
// Knows no service by name. Promises that what was answered was sent, and that a service is closed after its last call.

import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import type { Db } from 'mongodb';
import { TopicServiceService } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Verifier } from '../auth/verifier.ts';
import type { Relay } from '../bus/bus.ts';
import { TopicHub } from '../bus/topic-hub.ts';
import type { Peers } from '../caller/discovery/directory.ts';
import { grpcCalls } from '../caller/grpc-calls.ts';
import { channelOptions, messageBytesMax } from '../caller/peer-clients.ts';
import { within } from '../link/within.ts';
import { Admission } from '../overload/admission.ts';
import type { Thresholds } from '../overload/pressure.ts';
import type { Api } from '../schema/api.ts';
import type { Handler } from '../service/context.ts';
import type { Ground, OpenService } from '../service/define-service.ts';
import type { TopicSource } from '../service/topic-source.ts';
import type { IdSource } from '../store/ids.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { RefusalLog } from '../telemetry/refusal-log.ts';
import type { Certificates } from '../tls/certificates.ts';
import { type BoundMethod, bindMethods } from './bound-method.ts';
import { CallMetrics } from './call-metrics.ts';
import { Dispatch } from './dispatch.ts';
import { LinkServer, openPath } from './link/link-server.ts';
import { Peering } from './peering.ts';
import { PlainCalls } from './plain-calls.ts';
import { Readiness } from './readiness.ts';
import { addReflection } from './reflection.ts';
import { runHere } from './run-here.ts';
import { serviceBus } from './service-bus.ts';
import { topicHandlers } from './topic-handlers.ts';

/** Any service, whatever its types: `defineService` has seen to it that they fit together. */
export type HostedService = {
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly calls?: readonly ServiceDefinition[];
  readonly open: (ground: Ground) => Promise<OpenService>;
  readonly handlers: Readonly<Record<string, Handler<never, unknown, never> | undefined>>;
};

export type HostOptions = {
  readonly services: readonly HostedService[];
  readonly api: Api;
  readonly db: Db;
  /** Throws while something is missing that all services here need, such as the database: then none is ready. */
  readonly ready?: () => Promise<void>;
  readonly ids: IdSource;
  readonly verifier: Verifier;
  readonly log: Logger;
  /** Milliseconds since 1970. Tests move it. */
  readonly clock?: () => number;
  /** Where to listen: 127.0.0.1 and any free port if not given. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** The address by which the other processes know this one; the listening one if not given. */
  readonly address?: string;
  readonly peers?: Peers;
  /** Names among the peers are looked up again after at most so long; 30 s if not given. */
  readonly lookUpMs?: number;
  /** Present where this process speaks TLS, both ways with certificates. */
  readonly tls?: Certificates | undefined;
  /** This process's own token (kind `system`, key: its services' names with dots between), for calls to its peers. */
  readonly token?: () => Promise<string>;
  /** Another bus beside Links; none if not given. Closed by its owner, after the host. */
  readonly relay?: Relay;
  readonly metrics?: Metrics;
  /** An encoded FileDescriptorSet to serve by reflection; none if not given. */
  readonly reflection?: Uint8Array;
  /** False where connections to peers must not outlive a call: see `PeerClientsOptions`. True if not given. */
  readonly keepConnections?: boolean;
  /** When calls are refused for want of time or room; the defaults suit a process of its own. */
  readonly overload?: { readonly runningMax?: number; readonly loopDelayMs?: Thresholds };
  /** How long calls under way may take at the end; 10 s if not given. */
  readonly drainMs?: number;
};

export type Host = {
  readonly port: number;
  /** As the other processes know it. */
  readonly address: string;
  /** What the services here publish; an in-process subscriber follows it by `memorySubscriptions`. */
  readonly bus: TopicHub;
  readonly ready: boolean;
  /** Ends the sessions of a token's session id on every Link, as if the token had expired. */
  revoke(sessionId: string): void;
  /** Not ready any more, and edges are told to go elsewhere; what is under way goes on. */
  drain(): Promise<void>;
  /** Drains, waits for what is under way (at most `drainMs`), then closes the server and the services. */
  close(): Promise<void>;
};

const drainMsDefault = 10_000;
/** After this, the server ends connections that keep it from closing, such as watchers of its health. */
const lingerMs = 500;

/**
 * Opens the services, then the server. Throws what a service's `open` throws, or names every RPC that cannot be bound.
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const host = new RunningHost(options);
  try {
    await host.open();
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}

type Opened = { readonly service: HostedService; readonly state: OpenService };

class RunningHost implements Host {
  readonly bus = new TopicHub();
  readonly #options: HostOptions;
  readonly #clock: () => number;
  readonly #server = new Server(serverOptions);
  readonly #peering: Peering;
  readonly #admission: Admission;
  readonly #dispatch: Dispatch;
  readonly #methods = new Map<string, BoundMethod>();
  readonly #opened: Opened[] = [];
  readonly #stopping = new AbortController();
  #readiness: Readiness | undefined;
  #links: LinkServer | undefined;
  #port = 0;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    const { log, peers = new Map(), keepConnections = true, lookUpMs, tls, metrics } = options;
    const services = options.services.map((service) => service.name);
    const self = () => this.address;
    this.#peering = new Peering({ peers, services, self, keepConnections, lookUpMs, tls, log, metrics });
    const observer = metrics && new CallMetrics(metrics);
    const { runningMax, ...thresholds } = options.overload ?? {};
    this.#admission = new Admission({ ...thresholds, log, metrics });
    this.#dispatch = new Dispatch({
      log,
      clock: this.#clock,
      admission: this.#admission,
      ...(runningMax === undefined ? {} : { runningMax }),
      ...(observer && { observer }),
    });
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return this.#options.address ?? `${this.#options.listen?.host ?? loopback}:${this.#port}`;
  }

  get ready(): boolean {
    return this.#readiness?.ready ?? false;
  }

  async open(): Promise<void> {
    for (const service of this.#options.services) {
      this.#opened.push({ service, state: await service.open(this.#groundOf(service)) });
    }
    this.#bind();
    this.#register();
    await this.#listen();
    this.#peering.open();
    await this.#readiness?.start();
    this.#options.metrics?.beforeScrape(() => this.#measure());
    this.#options.log.info({ address: this.address, count: this.#methods.size }, 'host open');
  }

  revoke(sessionId: string): void {
    this.#links?.revoke(sessionId);
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #groundOf(service: HostedService): Ground {
    const { db, ids, log, api, token = noToken, relay, metrics } = this.#options;
    const calls = grpcCalls({
      api,
      service: service.name,
      // Not of all services here: what can be called must not depend on who runs in which process.
      definitions: [service.definition, ...(service.calls ?? [])],
      owners: this.#peering.owners,
      clients: this.#peering.clients,
      token,
      runHere: (call) => runHere(this.#dispatch, this.#methods, call),
      clock: this.#clock,
    });
    const signal = this.#stopping.signal;
    return {
      db,
      bus: serviceBus({ hub: this.bus, relay, metrics }),
      calls,
      ids,
      log: log.child({ service: service.name }),
      ...(metrics && { metrics }),
      clock: this.#clock,
      signal,
    };
  }

  #bind(): void {
    const { api } = this.#options;
    const sources = new Map<string, TopicSource>();
    for (const { service, state } of this.#opened) if (state.topics) sources.set(service.name, state.topics);
    const topics = {
      definition: TopicServiceService,
      handlers: topicHandlers(api, sources),
      name: 'topics',
      state: null,
    };
    const bindings = this.#opened.map(({ service, state }) => ({ ...service, state }));
    for (const binding of [...bindings, topics]) {
      for (const [name, method] of bindMethods(api, binding)) this.#methods.set(name, method);
    }
  }

  #register(): void {
    const { verifier, token = noToken, log } = this.#options;
    const plain = new PlainCalls({
      dispatch: this.#dispatch,
      verifier,
      owners: this.#peering.owners,
      clients: this.#peering.clients,
      token,
      clock: this.#clock,
      refusals: new RefusalLog(log),
      onForward: (service) => this.#options.metrics?.counter('circuit_rpc_forwarded_total', { service }).inc(),
    });
    for (const [name, method] of this.#methods) {
      this.#server.register(`/${name}`, plain.handlerOf(method), asBuffer, asIs, 'unary');
    }
    this.#links = new LinkServer({
      verifier,
      clock: this.#clock,
      dispatch: this.#dispatch,
      hub: this.bus,
      log,
      services: this.#opened.map(({ service }) => service.name),
      methods: [...this.#methods.values()],
      address: () => this.address,
      relay: this.#options.relay,
      ready: () => this.ready,
    });
    this.#server.register(openPath, this.#links.handler, asBuffer, asIs, 'bidi');
    this.#watch();
  }

  /** Health and reflection. */
  #watch(): void {
    const { reflection, log, ready } = this.#options;
    const protoNames = new Map<string, Set<string>>();
    for (const [name, { schema }] of this.#methods) {
      const names = protoNames.get(schema.service) ?? new Set();
      protoNames.set(schema.service, names.add(name.slice(0, name.indexOf('/'))));
    }
    this.#readiness = new Readiness(
      this.#opened.map(({ service, state }) => ({
        name: service.name,
        protoNames: [...(protoNames.get(service.name) ?? [])],
        ready: async () => {
          await Promise.all([ready?.(), state.ready?.()]);
        },
      })),
      log,
      (ready) => this.#links?.tellReady(ready),
    );
    this.#readiness.addTo(this.#server);
    if (reflection)
      addReflection(
        this.#server,
        reflection,
        [...protoNames.values()].flatMap((names) => [...names]),
      );
  }

  async #listen(): Promise<void> {
    const { listen = { host: loopback, port: 0 }, tls } = this.#options;
    const credentials = tls?.serverCredentials() ?? ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) => {
      const where = `${listen.host}:${listen.port}`;
      this.#server.bindAsync(where, credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }

  #measure(): void {
    const { metrics } = this.#options;
    const links = this.#links;
    if (metrics === undefined || links === undefined) return;
    const service = this.#opened.map((opened) => opened.service.name).join('.');
    metrics.gauge('circuit_links', { service }).set(links.size);
    metrics.gauge('circuit_link_sessions', {}).set(links.sessions);
    metrics.gauge('circuit_bus_subscriptions', {}).set(this.bus.size);
    metrics.gauge('circuit_oldest_call_seconds', {}).set(this.#dispatch.oldestMs / 1_000);
    metrics.gauge('circuit_rpc_in_flight', { way: 'link' }).set(links.inFlight);
    metrics.gauge('circuit_rpc_in_flight', { way: 'plain' }).set(Math.max(0, this.#dispatch.running - links.inFlight));
  }

  async #drain(): Promise<void> {
    this.#readiness?.stop();
    this.#links?.goAway();
  }

  async #close(): Promise<void> {
    const { drainMs = drainMsDefault, log } = this.#options;
    await this.drain();
    const shutDown = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    const ended = Promise.all([this.#links?.whenEnded(), this.#dispatch.whenIdle()]);
    if (!(await within(drainMs, ended))) {
      log.warn({ count: this.#dispatch.running }, 'calls are still under way at the end of the drain time');
    }
    this.#links?.close();
    await within(lingerMs, shutDown);
    this.#server.forceShutdown();
    this.#stopping.abort();
    this.#peering.close();
    this.#admission.close();
    for (const { service, state } of this.#opened.reverse()) {
      try {
        await state.close();
      } catch (error) {
        log.error({ service: service.name, err: error }, 'a service did not close');
      }
    }
    log.info({ address: this.address }, 'host closed');
  }
}

const loopback = '127.0.0.1';

const serverOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  'grpc.keepalive_time_ms': channelOptions['grpc.keepalive_time_ms'],
  'grpc.keepalive_timeout_ms': channelOptions['grpc.keepalive_timeout_ms'],
  // Calls of one connection at a time; more wait in their client.
  'grpc.max_concurrent_streams': 1_000,
};

async function noToken(): Promise<string> {
  throw new Error('This host has no token of its own: it cannot call its peers.');
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

/** grpc-js copies by a method that only a Buffer has. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
