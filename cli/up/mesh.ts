// A whole mesh on this machine: the store, the services and the edges, each a process of its own, started from the
// ground up and ended from the top down.

import { join } from 'node:path';
import type { Environment } from '../../mesh/config/config.ts';
import { UsageError } from '../process/usage-error.ts';
import { serviceNames } from '../services.ts';
import type { Program } from './child.ts';
import type { RunningMesh } from './claim.ts';
import { type DevCerts, makeDevCerts, tlsSettings } from './dev-certs.ts';
import { ensureDevKeys } from './dev-keys.ts';
import { type FirstPorts, type Plan, type PlannedMesh, type PlannedProcess, planMesh } from './plan.ts';
import { redisProgram } from './redis.ts';
import { runToEnd } from './run-to-end.ts';
import type { Screen } from './screen.ts';
import { Supervisor } from './supervisor.ts';

export type MeshOptions = {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly plan: Plan;
  readonly ports: FirstPorts;
  readonly screen: Screen;
  /** How long one process may take to end. */
  readonly endWithinMs: number;
};

export class Mesh {
  readonly #options: MeshOptions;
  /** In the order of their start. */
  readonly #supervisors: Supervisor[] = [];
  /** With `--tls`, once it starts. */
  certs: DevCerts | undefined;
  #urls: readonly string[] = [];
  #grpc: readonly string[] = [];
  #ready = false;
  #stopping = false;

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  get state(): RunningMesh {
    const processes = Object.fromEntries(this.#supervisors.map((each) => [each.name, each.pid]));
    const [url = ''] = this.#urls;
    const [grpc = ''] = this.#grpc;
    return { pid: process.pid, ready: this.#ready, url, urls: this.#urls, grpc, processes };
  }

  /** Throws when a process does not come up. */
  async start(): Promise<PlannedMesh> {
    const { dataDir, screen, plan, ports } = this.#options;
    const planned = await planMesh(dataDir, plan, ports);
    if (plan.tls) this.certs = makeDevCerts(dataDir);
    const environment = this.#environment(planned);
    if (!environment.MONGODB_URI) {
      const store = ['store', '--data', join(dataDir, 'store'), '--port', String(planned.storePort)];
      environment.MONGODB_URI = await this.#start('store', store, environment);
    }
    if (planned.redisPort !== undefined && !environment.REDIS_URL) {
      environment.REDIS_URL = await this.#startRedis(planned.redisPort, environment);
    }
    await runToEnd({ run: ['migrate'], environment, onLine: (line) => screen.line('migrate', line) });
    const services = { ...environment, ...(this.certs && tlsSettings(this.certs.services)) };
    const edge = { ...environment, ...(this.certs && tlsSettings(this.certs.edge)) };
    this.#grpc = await this.#startAll(planned.services, ['serve', ...serviceNames], 'CIRCUIT_GRPC_PORT', services);
    this.#urls = await this.#startAll(planned.edges, ['edge'], 'CIRCUIT_PORT', edge);
    return planned;
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

  /** Processes of one kind, side by side. */
  #startAll(
    processes: readonly PlannedProcess[],
    run: readonly string[],
    portName: 'CIRCUIT_PORT' | 'CIRCUIT_GRPC_PORT',
    environment: Environment,
  ): Promise<readonly string[]> {
    const starts = processes.map(({ name, port, adminPort }) => {
      const ports = { [portName]: String(port), CIRCUIT_ADMIN_PORT: String(adminPort) };
      return this.#start(name, run, { ...environment, ...ports });
    });
    return Promise.all(starts);
  }

  /** Undefined where this machine has none: then events travel on Links. */
  async #startRedis(port: number, environment: Environment): Promise<string | undefined> {
    const program = redisProgram(port);
    if (typeof program !== 'string') return this.#start('redis', program, environment);
    this.#options.screen.say(`going without Redis: ${program}`);
    return undefined;
  }

  async #start(name: string, run: readonly string[] | Program, environment: Environment): Promise<string> {
    if (this.#stopping) throw new Error(`${name} is not started any more: the mesh is ending`);
    const { screen, endWithinMs } = this.#options;
    screen.say(`starting the ${name}`);
    const supervisor = new Supervisor({ name, run, environment, screen, endWithinMs });
    this.#supervisors.push(supervisor);
    return supervisor.start().catch((error: Error) => {
      throw new UsageError(`${name} ${error.message}; see ${join(this.#options.dataDir, 'logs', `${name}.log`)}`);
    });
  }

  /** What was given stays; the rest is what a mesh on one machine needs. */
  #environment({ services }: PlannedMesh): Record<string, string | undefined> {
    const given = this.#options.environment;
    const keys = ensureDevKeys(this.#options.dataDir);
    const named = (name: string) => Boolean(given[name] || given[`${name}_FILE`]);
    const signs = named('CIRCUIT_TOKEN_KEY') || named('CIRCUIT_TOKEN_SECRET');
    const addresses = services.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return {
      CIRCUIT_MODE: 'dev',
      CIRCUIT_DRAIN: '1s',
      ...given,
      CIRCUIT_DATA: this.#options.dataDir,
      CIRCUIT_GRPC_HOST: '127.0.0.1',
      CIRCUIT_PEERS: serviceNames.map((service) => `${service}=${addresses}`).join(';'),
      ...(signs ? {} : { CIRCUIT_TOKEN_KEY_FILE: keys.tokenKeyFile }),
      ...(named('CIRCUIT_ID_KEY') ? {} : { CIRCUIT_ID_KEY_FILE: keys.idKeyFile }),
    };
  }
}
