// The SDK's two ways to tell an app something: at once with a value, or once per turn that something changed.

/** Tells every listener each value, in the order they subscribed. What one throws is reported, and stops no other. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  add(listener: (...args: Args) => void): () => void {
    // A function of its own, so that the same listener may subscribe twice and leave once.
    const own = (...args: Args): void => listener(...args);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(...args: Args): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(...args);
      } catch (error) {
        // Thrown in a turn of its own: one listener's fault must not stop the events behind it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** Something an app looks at: many changes in one turn are told once, after the turn. */
export class Changing {
  readonly #listeners = new Listeners<[]>();
  #told = true;

  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  protected changed(): void {
    if (!this.#told) return;
    this.#told = false;
    queueMicrotask(() => {
      this.#told = true;
      this.#listeners.tell();
    });
  }
}
