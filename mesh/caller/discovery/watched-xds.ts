// A name that a control plane resolves by xDS, and tells of each change. It is asked through gRPC's own resolver, of
// which only the single addresses are taken: calls and Links are routed by key here, and not by its balancers.

import { experimental } from '@grpc/grpc-js';
import type { Logger } from '../../telemetry/log.ts';
import { LastKnown } from './last-known.ts';
import type { XdsTarget } from './target.ts';
import { registerXds } from './xds-library.ts';

/** Where the library's resolver puts what it knows: internal to it, so each of its releases is to be tried. */
const configKey = `${experimental.SUBCHANNEL_ARGS_EXCLUDE_KEY_PREFIX}.xds_config`;

export type WatchedXdsOptions = {
  readonly target: XdsTarget;
  readonly log: Logger;
  readonly onChange: () => void;
};

export class WatchedXds {
  readonly #known: LastKnown;
  #resolver: experimental.Resolver | undefined;
  #closed = false;

  /** Where the control plane is, the library reads from `GRPC_XDS_BOOTSTRAP` or `GRPC_XDS_BOOTSTRAP_CONFIG`. */
  constructor({ target, log, onChange }: WatchedXdsOptions) {
    this.#known = new LastKnown({ name: target.name, log, onChange });
    void this.#open(target);
  }

  /** As last known. */
  get addresses(): readonly string[] {
    return this.#known.addresses;
  }

  /** Nothing: the control plane tells of changes by itself. */
  lookSoon(): void {}

  close(): void {
    this.#closed = true;
    this.#resolver?.destroy();
  }

  async #open({ name, authority }: XdsTarget): Promise<void> {
    try {
      await registerXds();
      if (this.#closed) return;
      const uri = { scheme: 'xds', path: name, ...(authority !== '' && { authority }) };
      const listener: experimental.ResolverListener = (endpoints, attributes, _serviceConfig, note) => {
        this.#hear(endpoints, attributes[configKey], note);
        return true;
      };
      this.#resolver = experimental.createResolver(uri, listener, {});
      this.#resolver.updateResolution();
    } catch (error) {
      this.#known.fail(error);
    }
  }

  #hear(endpoints: experimental.StatusOr<unknown>, config: unknown, note: string): void {
    if (this.#closed) return;
    const found = endpoints.ok ? addressesIn(config) : [];
    if (found.length > 0) this.#known.take(found);
    else this.#known.fail(new Error(endpoints.ok ? note || 'the answer has no addresses' : endpoints.error.details));
  }
}

/** What is read of the library's XdsConfig; all else of it is no business of ours. */
type XdsConfig = {
  readonly clusters?: ReadonlyMap<string, { readonly ok?: boolean; readonly value?: { readonly children?: Children } }>;
};
type Children = { readonly endpoints?: { readonly priorities?: readonly Priority[] } };
type Priority = {
  readonly localities: readonly {
    readonly endpoints: readonly {
      readonly endpoint: { readonly addresses: readonly { readonly host?: string; readonly port?: number }[] };
    }[];
  }[];
};

/** `host:port` of each process, sorted: of each cluster those of the first priority that has any. */
function addressesIn(config: unknown): readonly string[] {
  const { clusters = new Map() } = (config ?? {}) as XdsConfig;
  const found = [...clusters.values()].flatMap(({ value }) => {
    const priorities = value?.children?.endpoints?.priorities ?? [];
    return priorities.map(addressesOf).find((addresses: string[]) => addresses.length > 0) ?? [];
  });
  return [...new Set(found)].sort();
}

function addressesOf({ localities }: Priority): string[] {
  return localities.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ endpoint }) => {
      // A process of a dual-stack network has several: the first is its name here.
      const { host, port } = endpoint.addresses[0] ?? {};
      if (host === undefined || port === undefined) return [];
      return [host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`];
    }),
  );
}
