// Who waits on a Link until changes of topics up to a number are in force there.

type Waiting = (confirmed: boolean) => void;

export class Confirmations {
  readonly #waiting = new Map<number, Waiting[]>();
  #confirmed = 0;

  /** Resolves with true when the number is confirmed, with false when the Link is lost before. */
  wait(number: number): Promise<boolean> {
    if (this.#confirmed >= number) return Promise.resolve(true);
    return new Promise((resolve) => {
      const others = this.#waiting.get(number);
      if (others === undefined) this.#waiting.set(number, [resolve]);
      else others.push(resolve);
    });
  }

  /** Everything up to this number is in force. */
  confirm(number: number): void {
    const before = this.#confirmed;
    this.#confirmed = Math.max(before, number);
    // Either walk may be the shorter one: over a few new numbers, or over the few who wait after a Link was opened.
    if (number - before < this.#waiting.size) {
      for (let each = before + 1; each <= number; each += 1) this.#resolve(each, true);
    } else {
      for (const each of [...this.#waiting.keys()]) if (each <= number) this.#resolve(each, true);
    }
  }

  /** The Link is lost: nothing is in force there any more. */
  reset(): void {
    this.#confirmed = 0;
    for (const number of [...this.#waiting.keys()]) this.#resolve(number, false);
  }

  #resolve(number: number, confirmed: boolean): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    for (const resolve of waiting) resolve(confirmed);
  }
}
