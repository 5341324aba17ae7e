// `circuit migrate [services…]`: makes the collections and indexes of these services, or of all of them.

import { migrate } from '../../mesh/store/migrate.ts';
import { connectFor, openGround } from '../process/ground.ts';
import { loadServices, serviceNames } from '../services.ts';

export async function run(args: readonly string[]): Promise<void> {
  const services = await loadServices(args.length > 0 ? args : serviceNames);
  const ground = openGround('migrate');
  const giveUp = new AbortController();
  process.once('SIGINT', () => giveUp.abort(new Error('interrupted')));
  process.once('SIGTERM', () => giveUp.abort(new Error('told to end')));
  const connection = await connectFor(ground, 'migrate');
  try {
    const collections = services.flatMap((service) => service.collections);
    const changes = await migrate({ db: connection.db, collections, log: ground.log, signal: giveUp.signal });
    ground.log.info({ count: changes.length }, changes.length === 0 ? 'nothing to do' : 'migrated');
  } finally {
    await connection.close();
  }
}
