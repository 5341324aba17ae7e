// Where the processes of each service are, as the configuration, DNS and control planes say. Whether they answer is
// found out by whoever connects to them.

import type { Logger } from '../../telemetry/log.ts';
import { type AddressTarget, parseTarget } from './target.ts';
import { lookUpMsDefault, WatchedName } from './watched-name.ts';
import { WatchedXds } from './watched-xds.ts';

/**
 * What the configuration names for each service, by its short name: addresses, or names to look up. The addresses are
 * the same text for all processes, since a key's owner is reckoned from it.
 */
export type Peers = ReadonlyMap<string, readonly string[]>;

export type DirectoryOptions = {
  readonly peers: Peers;
  readonly log: Logger;
  /** Names are looked up again after at most so long; 30 s if not given. */
  readonly lookUpMs?: number;
};

export class Directory {
  readonly #options: DirectoryOptions;
  /** Of all services: two that run in the same processes have the same name. */
  readonly #names = new Map<string, WatchedName | WatchedXds>();
  readonly #listeners: (() => void)[] = [];

  /** Begins to look names up. Throws where a peer is neither an address nor a name. */
  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { log, lookUpMs = lookUpMsDefault, peers } = options;
    const onChange = () => {
      for (const listener of this.#listeners) listener();
    };
    for (const text of new Set([...peers.values()].flat())) {
      const target = parseTarget(text);
      if (target.kind === 'dns') this.#names.set(text, new WatchedName({ target, lookUpMs, log, onChange }));
      if (target.kind === 'xds') this.#names.set(text, new WatchedXds({ target, log, onChange }));
    }
  }

  /** Addresses of a service's processes, each once; as last known where they are looked up. */
  of(service: string): readonly string[] {
    const listed = this.#options.peers.get(service) ?? none;
    if (this.#names.size === 0) return listed;
    return [...new Set(listed.flatMap((text) => this.#names.get(text)?.addresses ?? addressIn(text)))];
  }

  /** Addresses of all processes of all services. */
  all(): ReadonlySet<string> {
    return new Set([...this.#options.peers.keys()].flatMap((service) => this.of(service)));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Somebody lost a process: the names may stand for others now. */
  lookSoon(): void {
    for (const name of this.#names.values()) name.lookSoon();
  }

  close(): void {
    for (const name of this.#names.values()) name.close();
  }
}

const none: readonly string[] = [];

function addressIn(text: string): string {
  return (parseTarget(text) as AddressTarget).address;
}
