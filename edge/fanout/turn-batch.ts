// Questions asked one by one within a turn of the event loop become one question to a service.

export type TurnBatchOptions<Key, Answer> = {
  /** Keys in one question. */
  readonly sizeMax: number;
  /** Questions under way at a time; what comes meanwhile waits and is asked together. */
  readonly underWayMax: number;
  /** A key that is not in the answer has none. Throws when the question could not be asked. */
  readonly ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Answer>>;
};

type Waiting<Answer> = {
  readonly promise: Promise<Answer | undefined>;
  readonly settle: (answer: Answer | undefined) => void;
  readonly fail: (error: unknown) => void;
};

export class TurnBatch<Key, Answer> {
  readonly #options: TurnBatchOptions<Key, Answer>;
  readonly #waiting = new Map<Key, Waiting<Answer>>();
  #underWay = 0;
  #scheduled = false;

  constructor(options: TurnBatchOptions<Key, Answer>) {
    this.#options = options;
  }

  /** True when nobody waits for an answer. */
  get idle(): boolean {
    return this.#underWay === 0 && this.#waiting.size === 0;
  }

  /** Asked after this call, never answered by a question that was sent before it. */
  ask(key: Key): Promise<Answer | undefined> {
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.promise;
    const { promise, resolve, reject } = withResolvers<Answer | undefined>();
    this.#waiting.set(key, { promise, settle: resolve, fail: reject });
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= this.#options.underWayMax) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#waiting.size > 0 && this.#underWay < this.#options.underWayMax) void this.#send();
    });
  }

  async #send(): Promise<void> {
    const batch: [Key, Waiting<Answer>][] = [];
    for (const entry of this.#waiting) {
      batch.push(entry);
      this.#waiting.delete(entry[0]);
      if (batch.length === this.#options.sizeMax) break;
    }
    this.#underWay++;
    try {
      const answers = await this.#options.ask(batch.map(([key]) => key));
      for (const [key, waiting] of batch) waiting.settle(answers.get(key));
    } catch (error) {
      for (const [, waiting] of batch) waiting.fail(error);
    } finally {
      this.#underWay--;
      if (this.#waiting.size > 0) this.#schedule();
    }
  }
}

type Resolvers<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
};

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): Resolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
