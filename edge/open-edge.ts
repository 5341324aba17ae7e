// The edge: sockets and REST for apps, driven by descriptors alone. Holds no truth: what it knows it asked of services.
// May touch uWebSockets, Links and the verifier. Promises what docs/protocol.md says.

import uWS from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Issuer } from '../mesh/auth/issuer.ts';
import type { Verifier } from '../mesh/auth/verifier.ts';
import type { Subscriptions } from '../mesh/bus/bus.ts';
import type { Links } from '../mesh/caller/links.ts';
import { within } from '../mesh/link/within.ts';
import { Admission } from '../mesh/overload/admission.ts';
import type { Thresholds } from '../mesh/overload/pressure.ts';
import type { Api } from '../mesh/schema/api.ts';
import { type Shared, unshared } from '../mesh/shared/shared.ts';
import type { Logger } from '../mesh/telemetry/log.ts';
import type { Metrics } from '../mesh/telemetry/metrics.ts';
import { RefusalLog } from '../mesh/telemetry/refusal-log.ts';
import { EdgeCounters, report } from './counters.ts';
import { drainSessions } from './drain.ts';
import { openFanout } from './fanout/open-fanout.ts';
import { documentFiles } from './http/documents.ts';
import { type HttpServing, serveHttp } from './http/http-server.ts';
import { readStaticFiles, type StaticFiles } from './http/static-files.ts';
import { defaultLimits, type EdgeLimits, sweepMs, sweepSlices } from './limits.ts';
import type { CloseName } from './socket/close-codes.ts';
import { ownCalls } from './socket/own-calls.ts';
import { Requests } from './socket/requests.ts';
import type { Session } from './socket/session.ts';
import { Sessions } from './socket/sessions.ts';
import { endSession, serveSockets } from './socket/socket-server.ts';
import { Sweep } from './socket/sweep.ts';
import { Tell } from './socket/tell.ts';
import { Tickets } from './socket/tickets.ts';
import { UserRates } from './socket/user-rates.ts';
import { Wrongs } from './socket/wrongs.ts';

export type EdgeOptions = {
  readonly api: Api;
  readonly links: Links;
  /** Where events come from; the Links' own if not given. */
  readonly subscriptions?: Subscriptions;
  readonly verifier: Verifier;
  /** What edges know together: tickets and rates; nothing if not given. Closed by its owner. */
  readonly shared?: Shared;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Where to listen: 127.0.0.1 and any free port if not given. */
  readonly host?: string;
  readonly port?: number;
  /** Pages of other origins that may talk to this edge; `*` for any. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<EdgeLimits>;
  /** A proxy stands in front and writes `X-Forwarded-For`; without one anybody could write there. */
  readonly behindProxy?: boolean;
  /** When requests are refused for want of time or memory; the defaults suit a process of its own. */
  readonly overload?: { readonly loopDelayMs?: Thresholds };
  /** Over how long sockets are closed when the edge drains; 10 s if not given. */
  readonly drainMs?: number;
  /** Only in dev mode: serves the dev login, with which anyone is anyone. */
  readonly issuer?: Issuer;
  /** The folder of the console; without it `/` is not found. */
  readonly webRoot?: string;
  /** The product's version, as the documents at `/docs` tell it. */
  readonly version?: string;
  /** Milliseconds since 1970. Tests move it. */
  readonly clock?: () => number;
};

const drainMsDefault = 10_000;
const versionDefault = '0.1.0';

/** uWebSockets' LIBUS_LISTEN_EXCLUSIVE_PORT: else a second edge on this port is given half of the sockets. */
const listenExclusive = 1;
/** What its types lack. */
type ExclusiveListener = {
  listen(host: string, port: number, options: number, done: (socket: uWS.us_listen_socket | false) => void): void;
};

/** Opens the edge and listens. Throws when the port is taken. */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const { api, version = versionDefault, webRoot, issuer } = options;
  const console = webRoot === undefined ? [] : await readStaticFiles(webRoot);
  const documents = documentFiles(api, { version, devLogin: issuer !== undefined });
  const edge = new Edge(options, new Map([...documents, ...console]));
  await edge.listen();
  return edge;
}

export class Edge {
  readonly #options: EdgeOptions;
  readonly #app = uWS.App();
  readonly #sessions = new Sessions();
  readonly #end = new AbortController();
  readonly #admission: Admission;
  readonly #userRates: UserRates;
  readonly #sweep: Sweep;
  readonly #tick: () => void;
  readonly #http: HttpServing;
  #timers: NodeJS.Timeout[] = [];
  #listening: uWS.us_listen_socket | undefined;
  #draining: Promise<void> | undefined;
  /** Counts of this edge's hot paths. */
  readonly counters = new EdgeCounters();

  constructor(options: EdgeOptions, files: StaticFiles) {
    this.#options = options;
    const { api, links, verifier, log, metrics, clock = Date.now, allowedOrigins = [] } = options;
    const limits = { ...defaultLimits, ...options.limits };
    const { counters } = this;
    const sessions = this.#sessions;
    // Everything that waits listens to it: their number is bounded by what is under way.
    setMaxListeners(0, this.#end.signal);
    const tell = new Tell(api, limits);
    const refusals = new RefusalLog(log);
    const wrongs = new Wrongs(refusals);
    const end = (session: Session, name: CloseName): void => {
      wrongs.ended(session, name);
      endSession(session, name);
    };
    const admission = new Admission({ ...options.overload, log, metrics, waiting: () => links.load });
    this.#admission = admission;
    const { shared = unshared() } = options;
    this.#userRates = new UserRates(limits, shared, clock);
    const common = { api, links, sessions, limits, log, counters, clock, admission, shared, end, wrongs, refusals };
    const subscriptions = options.subscriptions ?? links.subscriptions;
    const fanout = openFanout({ ...common, subscriptions, app: this.#app, tell, signal: this.#end.signal });
    const { hub, rights } = fanout;
    this.#tick = fanout.tick;
    this.#sweep = new Sweep(common);
    const own = ownCalls({ ...common, ...fanout, verifier });
    const requests = new Requests({ ...common, own, userRates: this.#userRates });
    const tickets = new Tickets(clock, shared);
    const isDraining = (): boolean => this.#draining !== undefined;
    const { behindProxy = false } = options;
    const handshake = { verifier, tickets, sessions, limits, allowedOrigins, isDraining, behindProxy };
    const { signal } = this.#end;
    const served = { hub, rights, requests, tell, metrics, signal, nextId: sessionIds() };
    serveSockets(this.#app, { ...common, ...handshake, ...served });
    const isReady = (): boolean => !isDraining() && links.healthy();
    this.#http = serveHttp(this.#app, { ...common, ...handshake, metrics, issuer: options.issuer, files, isReady });
    links.onSessionEnd((id, reason) => {
      const session = sessions.byId(id);
      if (session !== undefined) end(session, reason);
    });
    if (metrics !== undefined) report(counters, () => this.#gauges(hub.size), metrics);
  }

  /** The port that it listens on; -1 before and after. */
  get port(): number {
    return this.#listening === undefined ? -1 : uWS.us_socket_local_port(this.#listening);
  }

  /** Sockets of signed-in users. */
  get socketCount(): number {
    return this.#sessions.all.length;
  }

  listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0, log } = this.#options;
    return new Promise((resolve, reject) => {
      const { listen } = this.#app as unknown as ExclusiveListener;
      listen.call(this.#app, host, port, listenExclusive, (socket) => {
        if (socket === false) {
          // uWebSockets does not say what the system said.
          const told = `the edge cannot listen on ${host}:${port}: the port is taken or not allowed`;
          reject(Object.assign(new Error(told), { syscall: 'listen' }));
          return;
        }
        this.#listening = socket;
        this.#timers = [
          setInterval(() => this.#tick(), 1_000),
          setInterval(() => this.#sweep.step(), sweepMs / sweepSlices),
        ];
        log.info({ port: this.port }, 'the edge listens');
        resolve();
      });
    });
  }

  /** Not ready any more, no new sockets; those that are open are ended in random order over the drain time. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain(this.#options.drainMs ?? drainMsDefault);
    return this.#draining;
  }

  async #drain(drainMs: number): Promise<void> {
    const startedMs = performance.now();
    await drainSessions(this.#sessions, drainMs, this.#end.signal);
    await within(Math.max(0, drainMs - (performance.now() - startedMs)), this.#http.whenIdle());
  }

  /** Ends at once what is still open; drain first. Links are the caller's to close. */
  async close(): Promise<void> {
    this.#draining ??= Promise.resolve();
    this.#end.abort();
    for (const timer of this.#timers) clearInterval(timer);
    for (const session of [...this.#sessions.all]) endSession(session, 'EDGE_DRAINING');
    this.#http.close();
    this.#admission.close();
    this.#userRates.close();
    this.#listening = undefined;
    this.#app.close();
  }

  #gauges(topics: number): Parameters<typeof report>[1] extends () => infer G ? G : never {
    let jsonSockets = 0;
    for (const session of this.#sessions.all) if (session.format.name === 'json') jsonSockets++;
    const protoSockets = this.#sessions.all.length - jsonSockets;
    return { jsonSockets, protoSockets, topics, bufferedBytes: this.#sweep.bufferedBytes };
  }
}

/** Ids of this edge's sessions: a mark that no other edge has, and a number. */
function sessionIds(): () => string {
  const mark = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `${mark}${(++count).toString(36)}`;
}
