// Which processes a mesh on one machine has, what they are called, and the ports that they use.

import { choosePorts } from './ports.ts';

/** How many of each. */
export type Plan = {
  readonly edges: number;
  readonly services: number;
  /** A Redis beside them, as the bus between edges and services. */
  readonly redis: boolean;
};

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
 * `edgePort` is the first edge's, the others have those that follow; 0: any free ones, which are then kept so that
 * clients find them again.
 */
export async function planMesh(dataDir: string, plan: Plan, edgePort: number): Promise<PlannedMesh> {
  const services = named('services', plan.services);
  const edges = named('edge', plan.edges);
  const keys = [...services, ...edges].flatMap(({ key }) => [key, `${key}Admin`]);
  const ports = await choosePorts<string>(dataDir, ['store', ...keys, ...(plan.redis ? ['redis'] : [])]);
  const placed = ({ name, key }: Named): PlannedProcess => {
    return { name, port: ports[key] as number, adminPort: ports[`${key}Admin`] as number };
  };
  return {
    storePort: ports.store as number,
    redisPort: ports.redis,
    services: services.map(placed),
    edges: edges.map((each, index) => {
      const planned = placed(each);
      return edgePort === 0 ? planned : { ...planned, port: edgePort + index };
    }),
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
