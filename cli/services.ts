// The services that `circuit serve` can run, loaded only when they are asked for.

import type { HostedService } from '../mesh/host/host.ts';
import type { Collection } from '../mesh/store/collection.ts';
import { UsageError } from './process/usage-error.ts';

export type ServedService = HostedService & { readonly collections: readonly Collection[] };

const services: Readonly<Record<string, () => Promise<ServedService>>> = {
  chat: async () => (await import('../services/chat/service.ts')).chatService,
};

export const serviceNames: readonly string[] = Object.keys(services);

/** Throws UsageError for a name that is none. */
export function loadServices(names: readonly string[]): Promise<readonly ServedService[]> {
  const loads = [...new Set(names)].map((name) => {
    const load = Object.hasOwn(services, name) ? services[name] : undefined;
    if (load === undefined) throw new UsageError(`there is no service "${name}"; there are ${serviceNames.join(', ')}`);
    return load();
  });
  return Promise.all(loads);
}
