// The edge's side of Link: one to each service process that the configuration or DNS names. Calls go to the owner of
// their key, topics to whoever may publish on them. Promises each call exactly one answer, whatever becomes of its
// Link.

import type { CircuitError } from '../../errors/circuit-error.ts';
import { coerce } from '../../errors/coerce.ts';
import type { Reason } from '../../errors/reasons.ts';
import { refuse } from '../../errors/refuse.ts';
import { onAbort } from '../../link/on-abort.ts';
import type { Api } from '../../schema/api.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Certificates } from '../../tls/certificates.ts';
import { Directory, type Peers } from '../discovery/directory.ts';
import { lookUpMsDefault } from '../discovery/watched-name.ts';
import type { LinkCall, LinkSession, Links } from '../links.ts';
import { Link, type LinkEvents, type LinkOptions } from './link.ts';
import { SharedSession, type SharedSessionEvents } from './link-sessions.ts';
import { type Keepalive, linkKeepalive } from './link-stream.ts';
import { LinkSubscriptions } from './link-subscriptions.ts';
import { PendingCall } from './pending-call.ts';
import { Routes } from './routes.ts';
import { serviceFor } from './topic-calls.ts';

export type LinksOptions = {
  readonly api: Api;
  /** Addresses of the processes of each service; a process that runs several stands under each. */
  readonly peers: Peers;
  /** Names among the peers are looked up again after at most so long; 30 s if not given. */
  readonly lookUpMs?: number;
  /** How long a Link is kept to a process that is no peer any more: `lingerMsDefault` if not given. */
  readonly lingerMs?: number;
  /** The edge's own token, asked for at each opening of a Link; empty where its certificate is enough. */
  readonly token: () => Promise<string>;
  readonly log: Logger;
  readonly metrics?: Metrics;
  readonly keepalive?: Keepalive;
  /** Present where Links are TLS. */
  readonly tls?: Certificates | undefined;
};

/** How much later than its deadline an unanswered call may be told so. */
export const deadlineSweepMs = 50;
/** When to try again while no process of a service can be reached. */
const unavailableRetryMs = 500;
/**
 * A process that is no peer any more for this edge may still be one for others, and publish what they make it do: until
 * they have looked names up, too, its events are listened to.
 */
export const lingerMsDefault = 2 * lookUpMsDefault;

/**
 * Begins to open Links to all peers; `healthy()` tells when there are enough, `onChange` when that may have changed.
 */
export function openLinks(options: LinksOptions): MeshLinks {
  return new MeshLinks(options);
}

export class MeshLinks implements Links {
  readonly subscriptions: LinkSubscriptions;
  readonly #options: LinksOptions;
  readonly #directory: Directory;
  /** By the address that they are opened to. */
  readonly #targets = new Map<string, Link>();
  readonly #linkOptions: Omit<LinkOptions, 'target'>;
  #links: readonly Link[] = [];
  readonly #routes = new Routes();
  readonly #services: ReadonlySet<string>;
  readonly #sweep: NodeJS.Timeout;
  readonly #onSessionEnd: ((sessionId: string, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID') => void)[] = [];
  readonly #onChange: (() => void)[] = [];
  readonly #sessionEvents: SharedSessionEvents = {
    renewed: (session) => {
      for (const link of this.#links) link.renewSession(session);
    },
    ended: (session) => {
      for (const link of this.#links) link.endSession(session);
    },
  };
  #closing = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    const { api, peers, token, log, lookUpMs, tls, keepalive = linkKeepalive } = options;
    this.#services = new Set([...api.services.values()].map(({ service }) => service).filter((name) => name !== ''));
    this.subscriptions = new LinkSubscriptions({ api, links: () => this.#links });
    this.#linkOptions = { token, keepalive, tls, log, on: this.#events() };
    this.#directory = new Directory({ peers, log, ...(lookUpMs === undefined ? {} : { lookUpMs }) });
    this.#directory.onChange(() => this.#follow());
    this.#follow();
    this.#sweep = setInterval(() => this.#endLateCalls(), deadlineSweepMs);
    this.#sweep.unref();
  }

  openSession(id: string, token: string): LinkSession {
    return new SharedSession(id, token, this.#sessionEvents);
  }

  call(call: LinkCall): () => void {
    const pending = new PendingCall(call, performance.now(), this.#options.log);
    this.#submit(serviceFor(this.#options.api, call), pending);
    return () => this.#giveUp(pending, 'CANCELLED');
  }

  request(call: Omit<LinkCall, 'done'> & { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const { signal } = call;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(coerce(signal.reason));
        return;
      }
      const done = (error: CircuitError | undefined, response: Uint8Array | undefined) => {
        leave();
        if (error === undefined) resolve(response as Uint8Array);
        else reject(error);
      };
      const leave = onAbort(signal, this.call({ ...call, done }));
    });
  }

  onSessionEnd(listener: (sessionId: string, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID') => void): void {
    this.#onSessionEnd.push(listener);
  }

  /** Called when a Link has become healthy, goes away, or is lost. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** Links that may be given calls. */
  get healthyCount(): number {
    return this.#links.filter((link) => link.state === 'healthy').length;
  }

  /** Links that are open or that it tries to open. */
  get count(): number {
    return this.#links.length;
  }

  get load(): number {
    let [taken, room] = [0, 0];
    for (const { load } of this.#links) {
      taken += load.taken;
      room += load.room;
    }
    return room === 0 ? 0 : taken / room;
  }

  healthy(): boolean {
    for (const service of this.#services) if (this.#routes.of(service).length === 0) return false;
    return !this.#closing;
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#sweep);
    this.#directory.close();
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #events(): LinkEvents {
    const { metrics } = this.#options;
    const batches = metrics?.histogram('circuit_link_batch_calls', {});
    metrics?.beforeScrape(() => {
      for (const service of this.#services) {
        const open = this.#links.filter((link) => link.state === 'healthy' && link.services.has(service));
        metrics.gauge('circuit_links', { service }).set(open.length);
      }
      metrics.gauge('circuit_bus_subscriptions', {}).set(this.subscriptions.size);
    });
    return {
      sent: (calls) => batches?.observe(calls),
      joined: (link) => this.subscriptions.followOn(link),
      changed: (link) => {
        this.#changed();
        if (link.state === 'healthy') this.#follow();
        // It follows all topics from now on; what others published there before was not heard here.
        if (link.state === 'healthy') this.#guard(() => this.subscriptions.gapOn(link));
      },
      readyChanged: () => this.#changed(),
      busChanged: () => this.#guard(() => this.subscriptions.reckonBus()),
      lost: (link, unanswered, expected) => this.#lost(link, unanswered, expected),
      event: (event) => this.#guard(() => this.subscriptions.deliver(event)),
      sessionEnded: (session, reason) => {
        if (session.over) return;
        for (const listener of this.#onSessionEnd) this.#guard(() => listener(session.id, reason));
      },
    };
  }

  /** Opens Links to new processes, and lets go of those that are no peers any more once others do their work. */
  #follow(): void {
    if (this.#closing) return;
    const wanted = this.#directory.all();
    for (const target of wanted) {
      const link = this.#targets.get(target);
      if (link === undefined || link.state === 'closed') {
        this.#targets.set(target, new Link({ ...this.#linkOptions, target }));
      } else link.stay();
    }
    this.#links = [...this.#targets.values()];
    for (const [target, link] of this.#targets) {
      if (!wanted.has(target) && this.#replaced(link, wanted)) link.leave(this.#options.lingerMs ?? lingerMsDefault);
    }
    this.#forgetClosed();
  }

  /** True where each service of a Link has a healthy one to a process that is a peer. */
  #replaced(link: Link, wanted: ReadonlySet<string>): boolean {
    if (!link.listening) return true;
    return [...link.services].every((service) => this.#routes.of(service).some((other) => wanted.has(other.target)));
  }

  #forgetClosed(): void {
    for (const [target, link] of this.#targets) if (link.state === 'closed') this.#targets.delete(target);
    if (this.#targets.size !== this.#links.length) this.#links = [...this.#targets.values()];
  }

  #changed(): void {
    this.#routes.update(this.#links);
    for (const listener of this.#onChange) this.#guard(listener);
  }

  /** A fault in a listener is the listener's: it must not look like one of the Link. */
  #guard(listener: () => void): void {
    try {
      listener();
    } catch (fault) {
      this.#options.log.error({ err: fault }, 'a listener of Links failed');
    }
  }

  #submit(service: string, pending: PendingCall): void {
    const { call } = pending;
    if (call.session !== undefined && (call.session as SharedSession).over) {
      settleSoon(pending, refuse('CANCELLED'));
      return;
    }
    const link = this.#closing ? undefined : this.#routes.pick(service, pending);
    if (link === undefined) {
      settleSoon(pending, refuse('UNAVAILABLE', { retryAfterMs: unavailableRetryMs, metadata: { service } }));
      return;
    }
    link.submit(pending);
  }

  #giveUp(pending: PendingCall, reason: Reason): void {
    if (pending.settled) return;
    pending.link?.withdraw(pending);
    pending.settle(refuse(reason), undefined);
  }

  /** What was unanswered is made again where that is safe and another Link is there, once; the rest is UNAVAILABLE. */
  #lost(link: Link, unanswered: readonly PendingCall[], expected: boolean): void {
    this.#routes.forget(link);
    this.#directory.lookSoon();
    if (!expected) this.#options.metrics?.counter('circuit_link_lost_total', { service: nameOf(link) }).inc();
    this.#changed();
    this.#guard(() => this.subscriptions.reckonBus());
    for (const pending of unanswered) this.#repeat(pending);
    // Others take its topics over, and can tell what it did not. Where there are none, the next Link will tell.
    const others = [...link.services].some((name) => this.#routes.of(name).length > 0);
    const missed = !expected || link.leftAlive;
    if (missed && others && !this.#closing) this.#guard(() => this.subscriptions.gapOn(link));
    this.#follow();
  }

  /**
   * Without a budget, unlike plain calls: a call is repeated once in its life, so that one lost Link costs another
   * process at most what was under way there, and never starts a chain; under pressure that process refuses by itself.
   */
  #repeat(pending: PendingCall): void {
    const { call } = pending;
    const service = serviceFor(this.#options.api, call);
    pending.pin?.release();
    pending.pin = undefined;
    pending.link = undefined;
    const again = call.method.repeatable && !pending.repeated;
    if (again && this.#routes.of(service).length > 0) {
      pending.repeated = true;
      this.#submit(service, pending);
      return;
    }
    pending.settle(refuse('UNAVAILABLE', { retryAfterMs: unavailableRetryMs }), undefined);
  }

  #endLateCalls(): void {
    const now = performance.now();
    for (const link of this.#links) {
      for (const pending of link.unanswered()) {
        if (pending.deadlineMs <= now) this.#giveUp(pending, 'DEADLINE_EXCEEDED');
      }
    }
  }
}

/** The services of a Link as one label. */
function nameOf(link: Link): string {
  return [...link.services].join('.');
}

function settleSoon(pending: PendingCall, error: CircuitError): void {
  queueMicrotask(() => pending.settle(error, undefined));
}
