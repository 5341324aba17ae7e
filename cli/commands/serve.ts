// `circuit serve chat …`: some services in one process, on Node or Deno.

import { readFile } from 'node:fs/promises';
import { openRedisPublisher } from '../../mesh/bus/redis/publisher.ts';
import { type Host, type HostOptions, openHost } from '../../mesh/host/host.ts';
import { loadApi } from '../../mesh/schema/load-api.ts';
import type { Connection } from '../../mesh/store/connect.ts';
import { openIds } from '../../mesh/store/ids.ts';
import { verifyCollections } from '../../mesh/store/migrate.ts';
import { certificatesFor } from '../process/certificates.ts';
import { type Closing, withClosing } from '../process/closing.ts';
import { withSettings } from '../process/failure.ts';
import { announce, connectFor, openAdminFor, openGround, type ProcessGround } from '../process/ground.ts';
import { ownTokenFor, verifierFor } from '../process/identity.ts';
import { toldToEnd } from '../process/told-to-end.ts';
import { UsageError } from '../process/usage-error.ts';
import { packageRoot, runtime } from '../process/version.ts';
import { loadServices, type ServedService, serviceNames } from '../services.ts';

export const usage = `circuit serve <service>…

Services: ${serviceNames.join(', ')}. Settings come from the environment: circuit config service.`;

export async function run(args: readonly string[]): Promise<void> {
  if (args.length === 0) throw new UsageError(usage);
  const services = await loadServices(args);
  const ground = openGround('service');
  const end = toldToEnd(ground.log);
  await withClosing(async (closing) => {
    const connection = closing.adopt(await connectFor(ground, args.join('.')), (it) => it.close());
    await demandCollections(connection, services);
    const host = await hostOf(services, ground, connection, closing);
    const ready = async () => {
      if (!host.ready) throw new Error('a service is not ready');
      await connection.ping();
    };
    closing.adopt(await openAdminFor(ground, ready), (it) => it?.close());
    announce(host.address);
    await end;
  });
}

async function demandCollections(connection: Connection, services: readonly ServedService[]): Promise<void> {
  const missing = await verifyCollections(
    connection.db,
    services.flatMap((service) => service.collections),
  );
  if (missing.length === 0) return;
  throw new UsageError(`the database lacks what these services need (run circuit migrate):\n  ${missing.join('\n  ')}`);
}

async function hostOf(
  services: readonly ServedService[],
  ground: ProcessGround,
  connection: Connection,
  closing: Closing,
): Promise<Host> {
  const { config, log, metrics } = ground;
  const descriptors = await readFile(`${packageRoot}gen/descriptors.binpb`);
  const name = services.map((service) => service.name).join('.');
  const options: HostOptions = {
    services,
    api: loadApi(descriptors),
    db: connection.db,
    ready: () => connection.ping(),
    ids: openIds({ db: connection.db, key: config.idKey as string }),
    verifier: closing.adopt(verifierFor(config, metrics), (it) => it.close()),
    log,
    metrics,
    ...(config.redisUrl === undefined
      ? {}
      : { relay: closing.adopt(openRedisPublisher({ url: config.redisUrl, log, metrics }), (it) => it.close()) }),
    listen: { host: config.grpcHost, port: config.grpcPort },
    ...(config.address === undefined ? {} : { address: config.address }),
    peers: config.peers,
    tls: certificatesFor(ground, closing),
    token: await ownTokenFor(ground, { kind: 'system', key: name }),
    reflection: descriptors,
    // Deno's HTTP/2 client may abort the process when a peer goes away (denoland/deno#36788).
    keepConnections: !runtime().startsWith('deno'),
    drainMs: config.drainMs,
  };
  const host = await withSettings('CIRCUIT_GRPC_HOST, CIRCUIT_GRPC_PORT', () => openHost(options));
  return closing.adopt(host, (it) => it.close());
}
