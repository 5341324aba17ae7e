// Where a call belongs: the owner of its key among the healthy processes of its service, this one included.

import { ownerOf } from './rendezvous.ts';

export type OwnersOptions = {
  /** Addresses of a service's processes, as far as they are known now. */
  readonly processesOf: (service: string) => readonly string[];
  /** The address of this process as the others know it; asked for late, since the port is known late. */
  readonly self: () => string;
  /** The services that run in this process. */
  readonly services: ReadonlySet<string>;
  /** True while the connection to an address stands. */
  readonly ready: (address: string) => boolean;
  /** Those of some addresses that answer what they are asked; at least one of them. */
  readonly sound: (addresses: readonly string[]) => readonly string[];
};

export class Owners {
  readonly #options: OwnersOptions;
  readonly #turns = new Map<string, number>();

  constructor(options: OwnersOptions) {
    this.#options = options;
  }

  get self(): string {
    return this.#options.self();
  }

  /**
   * The address that answers for `key` of `service`, `self` if that is this process; without a key this process, if
   * it runs the service, else the others in turn. Addresses in `without` are left out. Undefined: there is none.
   */
  pick(service: string, key: string, without: ReadonlySet<string> = none): string | undefined {
    const { processesOf, services, ready, sound } = this.#options;
    const self = this.self;
    const here = services.has(service) && !without.has(self);
    if (here && key === '') return self;
    const others = processesOf(service).filter((address) => address !== self && !without.has(address));
    if (others.length === 0) return here ? self : undefined;
    const connected = sound(others.filter(ready));
    if (here) return ownerOf(key, [self, ...connected]);
    // Nobody answers yet: a call may wait for its connection.
    const candidates = connected.length > 0 ? connected : sound(others);
    return key === '' ? this.#next(service, candidates) : ownerOf(key, candidates);
  }

  #next(service: string, candidates: readonly string[]): string | undefined {
    const turn = (this.#turns.get(service) ?? 0) + 1;
    this.#turns.set(service, turn);
    return candidates[turn % candidates.length];
  }
}

const none: ReadonlySet<string> = new Set();
