// The load process as its parent holds it.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CrowdOptions, CrowdRecords, Progress } from './crowd.ts';
import type { Answer, Order } from './load-process.ts';

const script = fileURLToPath(new URL('./load-process.js', import.meta.url));

export class Load {
  readonly #child: ChildProcess;
  readonly #gone: Promise<never>;

  constructor() {
    this.#child = fork(script, [], { serialization: 'advanced', execArgv: ['--enable-source-maps'] });
    this.#gone = new Promise((_, reject) => {
      this.#child.once('exit', (code, signal) => reject(new Error(`the clients ended with ${signal ?? code}`)));
    });
    // Told to whoever waits for an answer.
    this.#gone.catch(() => {});
  }

  /** Resolves when everybody is there. */
  async open(options: CrowdOptions): Promise<void> {
    await this.#ask({ order: 'open', options });
  }

  async start(startedAt: number): Promise<void> {
    await this.#ask({ order: 'start', startedAt });
  }

  async progress(): Promise<Progress> {
    const answer = await this.#ask({ order: 'progress' });
    return (answer as Extract<Answer, { readonly to: 'progress' }>).progress;
  }

  /** Nobody acts any more; resolves when everybody has caught up, or did not in time. */
  async finish(): Promise<CrowdRecords> {
    const answer = await this.#ask({ order: 'finish' });
    return (answer as Extract<Answer, { readonly to: 'finish' }>).records;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(order: Order): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => {
      const hear = (answer: Answer) => {
        if (answer.to !== order.order) return;
        this.#child.off('message', hear);
        resolve(answer);
      };
      this.#child.on('message', hear);
    });
    this.#child.send(order);
    return Promise.race([answered, this.#gone]);
  }
}
