// A whole mesh on this machine: the store, the services and the edge, each a process of its own, started from the
// ground up and ended from the top down.

import { join } from 'node:path';
import type { Environment } from '../../mesh/config/config.ts';
import { serviceNames } from '../services.ts';
import type { RunningMesh } from './claim.ts';
import { ensureDevKeys } from './dev-keys.ts';
import { choosePorts, type KeptPorts } from './ports.ts';
import { runToEnd } from './run-to-end.ts';
import type { Screen } from './screen.ts';
import { Supervisor } from './supervisor.ts';

export type MeshOptions = {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly screen: Screen;
  /** How long one process may take to end. */
  readonly endWithinMs: number;
};

export class Mesh {
  readonly #options: MeshOptions;
  /** In the order of their start. */
  readonly #supervisors: Supervisor[] = [];
  #url = '';
  #grpc = '';
  #ready = false;
  #stopping = false;

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  get state(): RunningMesh {
    const processes = Object.fromEntries(this.#supervisors.map((each) => [each.name, each.pid]));
    return { pid: process.pid, ready: this.#ready, url: this.#url, grpc: this.#grpc, processes };
  }

  /** Throws when a process does not come up. */
  async start(): Promise<KeptPorts> {
    const { dataDir, screen } = this.#options;
    const ports = await choosePorts(dataDir);
    const environment = this.#environment(ports);
    if (!environment.MONGODB_URI) {
      const store = ['store', '--data', join(dataDir, 'store'), '--port', String(ports.store)];
      environment.MONGODB_URI = await this.#start('store', store, environment);
    }
    await runToEnd({ args: ['migrate'], environment, onLine: (line) => screen.line('migrate', line) });
    const services = { ...environment, CIRCUIT_ADMIN_PORT: String(ports.servicesAdmin) };
    this.#grpc = await this.#start('services', ['serve', ...serviceNames], services);
    const edge = { ...environment, CIRCUIT_ADMIN_PORT: String(ports.edgeAdmin) };
    this.#url = await this.#start('edge', ['edge'], edge);
    return ports;
  }

  /** From now on whoever asks is told that all of it is ready. */
  markReady(): void {
    this.#ready = true;
  }

  /** The edge first, so that nobody is served any more; the store last, when nobody writes any more. */
  async stop(): Promise<void> {
    this.#ready = false;
    this.#stopping = true;
    for (const supervisor of this.#supervisors.reverse()) {
      this.#options.screen.say(`ending ${supervisor.name}`);
      await supervisor.stop();
    }
  }

  kill(): void {
    for (const supervisor of this.#supervisors) supervisor.kill();
  }

  async #start(name: string, args: readonly string[], environment: Environment): Promise<string> {
    if (this.#stopping) throw new Error(`${name} is not started any more: the mesh is ending`);
    const { screen, endWithinMs } = this.#options;
    screen.say(`starting the ${name}`);
    const supervisor = new Supervisor({ name, args, environment, screen, endWithinMs });
    this.#supervisors.push(supervisor);
    return supervisor.start().catch((error: Error) => {
      throw new Error(`${name} ${error.message}; see ${join(this.#options.dataDir, 'logs', `${name}.log`)}`);
    });
  }

  /** What was given stays; the rest is what a mesh on one machine needs. */
  #environment(ports: KeptPorts): Record<string, string | undefined> {
    const given = this.#options.environment;
    const keys = ensureDevKeys(this.#options.dataDir);
    const named = (name: string) => Boolean(given[name] || given[`${name}_FILE`]);
    const signs = named('CIRCUIT_TOKEN_KEY') || named('CIRCUIT_TOKEN_SECRET');
    const address = `127.0.0.1:${ports.services}`;
    return {
      CIRCUIT_MODE: 'dev',
      CIRCUIT_DRAIN: '1s',
      ...given,
      CIRCUIT_DATA: this.#options.dataDir,
      ...(given.CIRCUIT_PORT === '0' ? { CIRCUIT_PORT: String(ports.edge) } : {}),
      CIRCUIT_GRPC_HOST: '127.0.0.1',
      CIRCUIT_GRPC_PORT: String(ports.services),
      CIRCUIT_PEERS: serviceNames.map((service) => `${service}=${address}`).join(';'),
      ...(signs ? {} : { CIRCUIT_TOKEN_KEY_FILE: keys.tokenKeyFile }),
      ...(named('CIRCUIT_ID_KEY') ? {} : { CIRCUIT_ID_KEY_FILE: keys.idKeyFile }),
    };
  }
}
