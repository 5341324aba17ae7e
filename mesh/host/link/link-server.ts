// LinkService of a host: lets edges in, and nobody else; keeps the Links that are open and ends them in order.

import { objectionTo } from '../../auth/rules.ts';
import type { Verifier } from '../../auth/verifier.ts';
import type { Relay } from '../../bus/bus.ts';
import type { TopicHub } from '../../bus/topic-hub.ts';
import { coerce } from '../../errors/coerce.ts';
import { toGrpcStatus } from '../../errors/grpc-error.ts';
import { refuse } from '../../errors/refuse.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { BoundMethod } from '../bound-method.ts';
import { callerOf } from '../credentials.ts';
import type { Dispatch } from '../dispatch.ts';
import { LinkPeer, type LinkStream } from './link-peer.ts';

export const openPath = '/circuit.link.v1.LinkService/Open';
/** Links of one process: edges are dozens. */
export const linksMax = 1_000;
/** How often sessions are looked through for expired ones: so much later than its token a session may end. */
export const sessionSweepMs = 1_000;

const onlyEdges = { callers: ['edge'], roles: [] } as const;

export type LinkServerOptions = {
  readonly verifier: Verifier;
  readonly clock: () => number;
  readonly dispatch: Dispatch;
  readonly hub: TopicHub;
  readonly log: Logger;
  readonly services: readonly string[];
  /** Numbered for Links by their place here. */
  readonly methods: readonly BoundMethod[];
  readonly address: () => string;
  /** Another bus beside Links, where there is one. */
  readonly relay: Relay | undefined;
  /** False: edges are told to give calls to others. */
  readonly ready: () => boolean;
};

export class LinkServer {
  readonly #options: LinkServerOptions;
  readonly #links = new Set<LinkPeer>();
  readonly #sweep: NodeJS.Timeout;
  #goingAway = false;
  #whenEnded: (() => void)[] = [];

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => {
      for (const link of this.#links) link.sessions.sweep();
    }, sessionSweepMs);
    this.#sweep.unref();
    options.relay?.onHealth((healthy) => {
      for (const link of this.#links) link.tellBus(!healthy);
    });
  }

  get size(): number {
    return this.#links.size;
  }

  get inFlight(): number {
    let calls = 0;
    for (const link of this.#links) calls += link.inFlight;
    return calls;
  }

  get sessions(): number {
    let sessions = 0;
    for (const link of this.#links) sessions += link.sessions.size;
    return sessions;
  }

  /** The grpc-js handler of `Open`. */
  readonly handler = (stream: LinkStream): void => {
    // Nothing is read before the edge is known; an error of the stream then is no news to anybody.
    stream.on('error', () => {});
    this.#open(stream).catch((error: unknown) => stream.emit('error', toGrpcStatus(coerce(error))));
  };

  /** Tells all edges whether this process can do its work. */
  tellReady(ready: boolean): void {
    for (const link of this.#links) link.tellReady(ready);
  }

  /** Tells all edges to take new calls elsewhere. */
  goAway(): void {
    this.#goingAway = true;
    for (const link of this.#links) link.goAway();
  }

  /** Ends the sessions of a token's session id on all Links. */
  revoke(sessionId: string): void {
    for (const link of this.#links) link.sessions.revoke(sessionId);
  }

  /** Resolves when no Link is open: edges end theirs when they have been told to go and have all their answers. */
  async whenEnded(): Promise<void> {
    while (this.#links.size > 0) await new Promise<void>((resolve) => this.#whenEnded.push(resolve));
  }

  /** Cuts what is still open. */
  close(): void {
    clearInterval(this.#sweep);
    for (const link of [...this.#links]) link.cut(refuse('SHUTTING_DOWN'), 'the time to drain is over');
  }

  async #open(stream: LinkStream): Promise<void> {
    const { verifier, clock, log } = this.#options;
    const edge = await callerOf(stream, verifier);
    const objection = objectionTo(onlyEdges, edge, clock());
    if (objection !== undefined) {
      log.warn({ peer: edge.key, caller: edge.kind, address: stream.getPeer() }, 'a link was refused: not an edge');
      throw objection;
    }
    if (this.#goingAway) throw refuse('SHUTTING_DOWN');
    if (this.#links.size >= linksMax) throw refuse('OVERLOADED');
    if (stream.cancelled) return;
    const link = new LinkPeer({
      ...this.#options,
      address: this.#options.address(),
      busAway: !(this.#options.relay?.healthy ?? false),
      ready: this.#options.ready(),
      stream,
      edge,
      onClose: () => {
        this.#links.delete(link);
        if (this.#links.size === 0) for (const resolve of this.#whenEnded.splice(0)) resolve();
        log.info({ peer: edge.key, address: stream.getPeer() }, 'link closed');
      },
    });
    this.#links.add(link);
    log.info({ peer: edge.key, address: stream.getPeer() }, 'link open');
  }
}
