// What a process opened, to be closed in the reverse order, whatever happened in between.

export class Closing {
  readonly #closes: (() => Promise<void>)[] = [];

  /** Takes over the end of a thing, and gives the thing back. */
  adopt<Thing>(thing: Thing, close: (thing: Thing) => Promise<void> | undefined): Thing {
    this.#closes.push(async () => close(thing));
    return thing;
  }

  /** Closes all of it; throws the first failure after everything was tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closes.splice(0).reverse()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Does the work, then closes what it adopted, also when it failed. */
export async function withClosing(work: (closing: Closing) => Promise<void>): Promise<void> {
  const closing = new Closing();
  try {
    await work(closing);
  } finally {
    await closing.close();
  }
}
