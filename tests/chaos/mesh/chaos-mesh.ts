// The mesh under test: a store, chat processes, edges and, where this machine has one, Redis; each a process, each pair
// joined by a wire that can be broken. Nothing listens on a port that is known before.

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasRedis } from '../../support/redis.ts';
import { Wire } from '../proxy.ts';
import { freePort } from './free-port.ts';
import { type FullDisk, openFullDisk } from './full-disk.ts';
import { MeshProcess, type ProcessOptions } from './mesh-process.ts';
import { redisProcess } from './redis-process.ts';

export type ChaosMeshOptions = {
  /** For data and logs. */
  readonly folder: string;
  /** Patches the code of every process with this bug; see plants/. */
  readonly plant?: string;
  readonly redis: boolean;
  readonly chats: number;
  readonly edges: number;
  readonly onDeath: (process: string) => void;
};

const endMs = 8_000;
const dist = fileURLToPath(new URL('../../../', import.meta.url));
const circuit = join(dist, 'cli/circuit.js');
const besides = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export class ChaosMesh {
  readonly processes = new Map<string, MeshProcess>();
  readonly wires = new Map<string, Wire>();
  readonly chats: readonly string[];
  readonly edges: readonly string[];
  readonly tokenSecret = randomBytes(32).toString('hex');
  readonly #options: ChaosMeshOptions;
  readonly #idKey = randomBytes(16).toString('hex');
  readonly #addresses = new Map<string, string>();
  /** Where each process answers for its metrics. */
  readonly adminUrls = new Map<string, string>();
  readonly #disk: FullDisk | undefined;

  private constructor(options: ChaosMeshOptions) {
    this.#options = options;
    this.chats = numbered('chat', options.chats);
    this.edges = numbered('edge', options.edges);
    this.#disk = openFullDisk(this.#storeFolder);
  }

  /** Resolves when everything listens. Throws when something does not, having ended the rest. */
  static async open(options: ChaosMeshOptions): Promise<ChaosMesh> {
    const mesh = new ChaosMesh(options);
    try {
      await mesh.#start();
    } catch (error) {
      await mesh.close();
      throw error;
    }
    return mesh;
  }

  /** What clients dial, one of each edge. */
  get urls(): readonly string[] {
    return this.edges.map((edge) => `http://${this.#wire(`clients>${edge}`).address}`);
  }

  /** A chat process that can be dialled past all wires. */
  get grpc(): string {
    return this.addressOf('chat-1');
  }

  get hasRedis(): boolean {
    return this.processes.has('redis');
  }

  addressOf(process: string): string {
    const address = this.#addresses.get(process);
    if (address === undefined) throw new Error(`${process} does not listen`);
    return address;
  }

  process(name: string): MeshProcess {
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`there is no process ${name}`);
    return process;
  }

  /** Sets the clock of a process off by so many milliseconds, now and whenever it starts again. */
  moveClock(name: string, offMs: number): void {
    writeFileSync(this.#clockOf(name), String(offMs));
    this.process(name).signal('SIGUSR2');
  }

  /** Everything whole, awake and at the right time again; what is down is started by whoever took it down. */
  heal(): void {
    for (const wire of this.wires.values()) wire.heal();
    for (const process of this.processes.values()) process.resume();
  }

  /** Whether the store's disk can be filled here. */
  get canFillDisk(): boolean {
    return this.#disk !== undefined;
  }

  fillDisk(): void {
    const { pid } = this.process('store');
    if (pid !== undefined) this.#disk?.fill(pid);
  }

  /** Of a store that was started meanwhile it is empty anyway. */
  emptyDisk(): void {
    const { pid } = this.process('store');
    if (pid !== undefined) this.#disk?.empty(pid);
  }

  /** The edges first, the store last. */
  async close(): Promise<void> {
    this.heal();
    for (const process of [...this.processes.values()].reverse()) await process.close(endMs);
    for (const wire of this.wires.values()) await wire.close();
  }

  /** Ends everything at once. */
  kill(): void {
    for (const process of this.processes.values()) process.signal('SIGKILL');
  }

  async #start(): Promise<void> {
    const { folder } = this.#options;
    mkdirSync(join(folder, 'logs'), { recursive: true });
    await Promise.all(this.#wireNames.map(async (name) => this.wires.set(name, await Wire.open(name))));
    if (this.#withRedis) await this.#run('redis', await redisProcess(folder));
    await this.#run('store', { args: [besides('./store-process.js'), this.#storeFolder], environment: {} });
    await this.#migrate();
    await Promise.all(this.chats.map(async (name) => this.#run(name, this.#chat(name, await freePort()))));
    await Promise.all(this.edges.map((name) => this.#run(name, this.#edge(name))));
  }

  get #storeFolder(): string {
    return join(this.#options.folder, 'store');
  }

  get #withRedis(): boolean {
    return this.#options.redis && hasRedis();
  }

  /** `from>to`. */
  get #wireNames(): readonly string[] {
    const { chats, edges } = this;
    return [
      ...edges.map((edge) => `clients>${edge}`),
      ...[...edges, 'chats'].flatMap((from) => chats.map((chat) => `${from}>${chat}`)),
      ...chats.map((chat) => `${chat}>store`),
      ...(this.#withRedis ? [...edges, ...chats].map((from) => `${from}>redis`) : []),
    ];
  }

  async #migrate(): Promise<void> {
    const options = this.#optionsOf('migrate', {
      args: [circuit, 'migrate'],
      environment: { MONGODB_URI: storeUri(hostOf(this.addressOf('store'))) },
      addressIn: (line) => (/"(migrated|nothing to do)"/.test(line) ? 'done' : undefined),
    });
    const migrate = new MeshProcess(options);
    await migrate.start();
    await migrate.close(endMs);
  }

  #chat(name: string, port: number): Partial<ProcessOptions> {
    return {
      // What it announces is the address by which others know it: that of a wire.
      addressIn: (line) => (announced(line) === undefined ? undefined : `127.0.0.1:${port}`),
      args: [circuit, 'serve', 'chat', '--end-with-parent'],
      environment: {
        MONGODB_URI: storeUri(this.#wire(`${name}>store`).address),
        CIRCUIT_GRPC_PORT: String(port),
        CIRCUIT_ADDRESS: this.#wire(`chats>${name}`).address,
        CIRCUIT_PEERS: this.#peers('chats'),
        CIRCUIT_ID_KEY: this.#idKey,
        ...this.#common(name),
      },
    };
  }

  #edge(name: string): Partial<ProcessOptions> {
    return {
      args: [circuit, 'edge', '--end-with-parent'],
      environment: {
        CIRCUIT_PORT: '0',
        CIRCUIT_PEERS: this.#peers(name),
        // What clients of a run do at once, people do not: the rates are for those.
        CIRCUIT_RATE: '10000',
        CIRCUIT_RATE_BURST: '10000',
        ...this.#common(name),
      },
    };
  }

  #common(name: string): NodeJS.ProcessEnv {
    return {
      CIRCUIT_ADMIN_PORT: '0',
      CIRCUIT_DRAIN: '2s',
      CIRCUIT_TOKEN_SECRET: this.tokenSecret,
      ...(this.#withRedis ? { REDIS_URL: `redis://${this.#wire(`${name}>redis`).address}` } : {}),
    };
  }

  #peers(from: string): string {
    return `chat=${this.chats.map((chat) => this.#wire(`${from}>${chat}`).address).join(',')}`;
  }

  async #run(name: string, given: Partial<ProcessOptions>): Promise<void> {
    const process = new MeshProcess(this.#optionsOf(name, given));
    this.processes.set(name, process);
    await process.start();
  }

  #optionsOf(name: string, given: Partial<ProcessOptions>): ProcessOptions {
    const { PATH, HOME, TMPDIR } = process.env;
    const { plant, folder, onDeath } = this.#options;
    const imports = [besides('./moved-clock.js'), ...(plant === undefined ? [] : [besides('../plants/hook.js')])];
    const node = ['--enable-source-maps', ...imports.flatMap((path) => ['--import', path])];
    return {
      name,
      command: process.execPath,
      logFile: join(folder, `logs/${name}.log`),
      addressIn: announced,
      onLine: (line) => this.#look(name, line),
      onListening: (address) => this.#listens(name, address),
      onDeath: () => onDeath(name),
      ...given,
      args: given.command === undefined ? [...node, ...(given.args ?? [])] : (given.args ?? []),
      environment: {
        PATH,
        HOME,
        ...(TMPDIR ? { TMPDIR } : {}),
        CHAOS_CLOCK: this.#clockOf(name),
        ...(plant === undefined ? {} : { CHAOS_PLANT: plant }),
        ...given.environment,
      },
    };
  }

  #listens(name: string, address: string): void {
    this.#addresses.set(name, address);
    for (const wire of this.wires.values()) if (wire.name.endsWith(`>${name}`)) wire.leadTo(address);
  }

  #look(name: string, line: string): void {
    const [, port] = /"port":(\d+).*"admin port open"/.exec(line) ?? [];
    if (port !== undefined) this.adminUrls.set(name, `http://127.0.0.1:${port}`);
  }

  #clockOf(name: string): string {
    return join(this.#options.folder, `${name}.clock`);
  }

  #wire(name: string): Wire {
    const wire = this.wires.get(name);
    if (wire === undefined) throw new Error(`there is no wire ${name}`);
    return wire;
  }
}

function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

/** Past the replica set's own idea of where it is: the wire is to be dialled. */
function storeUri(address: string): string {
  return `mongodb://${address}/circuit?directConnection=true`;
}

function hostOf(uri: string): string {
  return /\/\/([^/]+)/.exec(uri)?.[1] ?? '';
}

function announced(line: string): string | undefined {
  if (!line.startsWith('{"listening":')) return undefined;
  return (JSON.parse(line) as { listening: string }).listening;
}
