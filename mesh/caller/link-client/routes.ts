// Which Link takes a call: the owner of its key among the healthy Links of its service, without those whose process
// says that it is not ready as long as there are others. While these stay the same that is a pure function; when they
// change, what a socket has under way for a key is held to its Link (pinned).

import type { LinkCall } from '../links.ts';
import { hashOf, weightOf } from '../rendezvous.ts';
import { routingKeyOf } from '../routing-key.ts';
import type { Link } from './link.ts';
import { type PendingCall, Pin } from './pending-call.ts';

/** So long after a service said that it goes away or is not ready, a socket with calls there may add to them. */
export const pinnedToAvoidedMs = 1_000;

export class Routes {
  #taking: ReadonlyMap<string, readonly Link[]> = new Map();
  readonly #pins = new Map<string, Pin>();
  #turn = 0;

  /** The Links that take a service's calls: of the healthy ones those that are ready, or all where none is. */
  of(service: string): readonly Link[] {
    return this.#taking.get(service) ?? none;
  }

  /** Takes note of the Links as they are now. Calls that are under way hold later ones of their socket and key. */
  update(links: readonly Link[]): void {
    for (const link of links) if (link.state === 'healthy' || link.state === 'draining') this.#pinAll(link);
    const healthy = new Map<string, Link[]>();
    for (const link of links) {
      if (link.state !== 'healthy') continue;
      for (const service of link.services) healthy.set(service, [...(healthy.get(service) ?? []), link]);
    }
    for (const [service, all] of healthy) {
      const ready = all.filter((link) => link.ready);
      if (ready.length > 0) healthy.set(service, ready);
    }
    this.#taking = healthy;
  }

  /** The Link for a call of `service`; undefined: none is healthy. */
  pick(service: string, pending: PendingCall): Link | undefined {
    const { call } = pending;
    if (this.#pins.size > 0 && call.affinity !== undefined) {
      const pin = this.#pins.get(pinKey(service, call));
      if (pin !== undefined && takesMore(pin.link)) {
        pin.hold(pending);
        return pin.link;
      }
    }
    const links = this.of(service);
    if (links.length < 2) return links[0];
    const key = routingKeyOf(call.method, call.request);
    if (key !== '') return heaviest(links, hashOf(key));
    this.#turn += 1;
    return links[this.#turn % links.length];
  }

  /** A lost Link holds nothing any more. */
  forget(link: Link): void {
    for (const [key, pin] of this.#pins) if (pin.link === link) this.#pins.delete(key);
  }

  #pinAll(link: Link): void {
    for (const pending of link.unanswered()) {
      const { call } = pending;
      if (pending.pin !== undefined || call.affinity === undefined || call.method.routeBy === '') continue;
      const key = pinKey(call.method.service, call);
      let pin = this.#pins.get(key);
      if (pin === undefined) {
        const made = new Pin(link, () => {
          if (this.#pins.get(key) === made) this.#pins.delete(key);
        });
        pin = made;
        this.#pins.set(key, pin);
      }
      pin.hold(pending);
    }
  }
}

const none: readonly Link[] = [];

function takesMore(link: Link): boolean {
  if (link.state === 'healthy' && link.ready) return true;
  const stands = link.state === 'healthy' || link.state === 'draining';
  return stands && performance.now() - link.avoidedSince < pinnedToAvoidedMs;
}

function pinKey(service: string, call: LinkCall): string {
  return `${service} ${call.affinity} ${routingKeyOf(call.method, call.request)}`;
}

function heaviest(links: readonly Link[], key: number): Link | undefined {
  let owner: Link | undefined;
  let greatest = -1;
  for (const link of links) {
    const weight = weightOf(key, link.hash);
    if (weight < greatest || (weight === greatest && owner !== undefined && owner.address < link.address)) continue;
    greatest = weight;
    owner = link;
  }
  return owner;
}
