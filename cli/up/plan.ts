// Which processes a mesh on one machine has, what they are called, and the ports that they use.

import { choosePorts, isFree } from './ports.ts';

/** How many of each. */
export type Plan = {
  readonly edges: number;
  readonly services: number;
  /** A Redis beside them, as the bus between edges and services. */
  readonly redis: boolean;
  /** Mutual TLS between all of them. */
  readonly tls: boolean;
};

/** The port of the first process of each kind; the others have those that follow. 0: any free ones. */
export type FirstPorts = { readonly edge: number; readonly grpc: number };

export type PlannedProcess = { readonly name: string; readonly port: number; readonly adminPort: number };

export type PlannedMesh = {
  readonly storePort: number;
  readonly redisPort: number | undefined;
  readonly services: readonly PlannedProcess[];
  readonly edges: readonly PlannedProcess[];
};

/** Processes of one kind, at most: a machine is no cluster. */
export const countMax = 8;

/**
 * Without a port of its own, or where it is taken, a process has any free one, which is then kept so that clients find
 * it again.
 */
export async function planMesh(dataDir: string, plan: Plan, first: FirstPorts): Promise<PlannedMesh> {
  const services = named('services', plan.services);
  const edges = named('edge', plan.edges);
  const keys = [...services, ...edges].flatMap(({ key }) => [key, `${key}Admin`]);
  const ports = await choosePorts<string>(dataDir, ['store', ...keys, ...(plan.redis ? ['redis'] : [])]);
  const place = async ({ name, key }: Named, wanted: number): Promise<PlannedProcess> => {
    const port = wanted > 0 && (await isFree(wanted)) ? wanted : (ports[key] as number);
    return { name, port, adminPort: ports[`${key}Admin`] as number };
  };
  const placeAll = (processes: readonly Named[], from: number) =>
    Promise.all(processes.map((each, index) => place(each, from === 0 ? 0 : from + index)));
  return {
    storePort: ports.store as number,
    redisPort: ports.redis,
    services: await placeAll(services, first.grpc),
    edges: await placeAll(edges, first.edge),
  };
}

type Named = { readonly name: string; readonly key: string };

/** One is called by its kind, several `edge-1`, `edge-2`; the first one keeps its ports either way. */
function named(kind: 'edge' | 'services', count: number): readonly Named[] {
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? kind : `${kind}-${index + 1}`,
    key: index === 0 ? kind : `${kind}${index + 1}`,
  }));
}
