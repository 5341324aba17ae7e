// `grpc.health.v1` of a host: serving while every service says that it can do its work. Liveness asks nothing of them.

import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from '../telemetry/log.ts';

/** How often services are asked whether they are ready. */
export const readinessIntervalMs = 2_000;
/** A service that has not answered by then is not ready. */
export const readyWithinMs = 2_000;
/** The name under which a process that runs at all is always serving. */
export const livenessName = 'liveness';

export type Watched = {
  readonly name: string;
  /** Full names of its proto services, such as `circuit.chat.v1.ChatService`. */
  readonly protoNames: readonly string[];
  /** Throws while its service cannot do its work. */
  readonly ready: () => Promise<void>;
};

/**
 * Asks the services again and again, and tells whoever asks by `grpc.health.v1`; '' stands for all of them together.
 */
export class Readiness {
  readonly #health: HealthImplementation;
  readonly #watched: readonly Watched[];
  readonly #log: Logger;
  readonly #onChange: (ready: boolean) => void;
  readonly #troubles = new Map<string, string>();
  #asked = false;
  #told = false;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;

  /** `onChange` is called when `ready` has changed, except by `stop`. */
  constructor(watched: readonly Watched[], log: Logger, onChange: (ready: boolean) => void) {
    this.#watched = watched;
    this.#log = log;
    this.#onChange = onChange;
    this.#health = new HealthImplementation({ '': 'NOT_SERVING', [livenessName]: 'SERVING' });
  }

  addTo(server: Server): void {
    this.#health.addToServer(server);
  }

  get ready(): boolean {
    return this.#asked && !this.#closing && this.#troubles.size === 0;
  }

  /** Asks once and then regularly, until `stop`. */
  async start(): Promise<void> {
    await this.#ask();
    this.#arm();
  }

  /** NOT_SERVING for good: the process is to be sent no more work. */
  stop(): void {
    this.#closing = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#tell('', false);
    for (const { name, protoNames } of this.#watched) for (const key of [name, ...protoNames]) this.#tell(key, false);
  }

  #arm(): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => void this.#ask().finally(() => this.#arm()), readinessIntervalMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    await Promise.all(this.#watched.map((watched) => this.#askOne(watched)));
    if (this.#closing) return;
    this.#asked = true;
    this.#tell('', this.ready);
    if (this.ready === this.#told) return;
    this.#told = this.ready;
    this.#onChange(this.ready);
  }

  async #askOne({ name, protoNames, ready }: Watched): Promise<void> {
    let trouble: string | undefined;
    try {
      await answerOf(ready);
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
    if (this.#closing) return;
    const before = this.#troubles.get(name);
    if (trouble === undefined) this.#troubles.delete(name);
    else this.#troubles.set(name, trouble);
    if (trouble !== undefined && trouble !== before) {
      this.#log.warn({ service: name, detail: trouble }, 'not ready');
    } else if (trouble === undefined && before !== undefined) {
      this.#log.info({ service: name }, 'ready again');
    }
    for (const key of [name, ...protoNames]) this.#tell(key, trouble === undefined);
  }

  #tell(key: string, serving: boolean): void {
    this.#health.setStatus(key, serving ? 'SERVING' : 'NOT_SERVING');
  }
}

/** What `ready` says; throws as well when it says nothing in time. */
async function answerOf(ready: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${readyWithinMs} ms`)), readyWithinMs);
  });
  try {
    await Promise.race([ready(), late]);
  } finally {
    clearTimeout(timer);
  }
}
