// `circuit migrate [services…]`: makes the collections and indexes of these services, or of all of them.
// `circuit migrate --tables`: describes them instead, as docs/collections.md has it.

import { meshCollections, migrate } from '../../mesh/store/migrate.ts';
import { collectionsTables } from '../../mesh/store/printed.ts';
import { connectFor, openGround } from '../process/ground.ts';
import { loadServices, serviceNames } from '../services.ts';

export const usage = `circuit migrate [<service>…]
circuit migrate --tables

Services: ${serviceNames.join(', ')}; all of them unless some are named. Settings: circuit config migrate.`;

export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === '--tables') {
    process.stdout.write(await describedCollections());
    return;
  }
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

/** docs/collections.md: what is stored where, and which query stands on which index. */
export async function describedCollections(): Promise<string> {
  const services = await loadServices(serviceNames);
  const sections = [
    ['The mesh itself', collectionsTables(meshCollections)],
    ...services.map(({ name, collections }) => [name, collectionsTables(collections)]),
  ];
  const text = sections.map(([name, tables]) => `## ${name}\n\n${tables}`).join('\n\n');
  const made = 'Made by `circuit migrate --tables > docs/collections.md`; a test holds it against the code.';
  return `# Collections\n\n${made}\n\n${text}\n`;
}
