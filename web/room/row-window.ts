// Which of the loaded messages stand in the page: a stretch that moves with the reader, so that a long history costs
// no more to draw than a short one. Remembers messages by key: what is loaded above them does not move it. Pure.

/** Messages in the page at a time. */
export const rowsMax = 300;
/** So many more are shown when the reader comes near an end of them. */
export const rowsStep = 100;

type Keyed = { readonly key: string };

/** Indexes into the loaded messages; `to` is the first that is not shown. */
export type Shown = { readonly from: number; readonly to: number };

export class RowWindow {
  #first: string | undefined;
  /** Undefined: up to the newest, whatever comes. */
  #last: string | undefined;

  /** The stretch of these messages. `atEnd`: the reader is at the newest, so the oldest rows make room. */
  of(messages: readonly Keyed[], atEnd: boolean): Shown {
    const last = this.#last === undefined ? -1 : indexOf(messages, this.#last);
    const end = last < 0 ? messages.length : last + 1;
    const first = this.#first === undefined ? 0 : indexOf(messages, this.#first);
    const from = first < 0 || first >= end ? Math.max(0, end - rowsMax) : first;
    if (end - from <= rowsMax) return this.#keep(messages, from, end);
    // Somebody who reads back keeps what is there; what comes then is shown when they come down to it.
    return atEnd ? this.#keep(messages, end - rowsMax, end) : this.#keep(messages, from, from + rowsMax);
  }

  /** Shows more above; false where nothing is left. */
  up(messages: readonly Keyed[]): boolean {
    const { from, to } = this.of(messages, false);
    if (from === 0) return false;
    const above = Math.max(0, from - rowsStep);
    this.#keep(messages, above, Math.min(to, above + rowsMax));
    return true;
  }

  /** Shows more below; false where nothing is left. */
  down(messages: readonly Keyed[]): boolean {
    const { from, to } = this.of(messages, false);
    if (to === messages.length) return false;
    const below = Math.min(messages.length, to + rowsStep);
    this.#keep(messages, Math.max(from, below - rowsMax), below);
    return true;
  }

  /** Shows the message at this index with what is around it. */
  around(messages: readonly Keyed[], index: number): void {
    const from = Math.max(0, Math.min(index - rowsMax / 2, messages.length - rowsMax));
    this.#keep(messages, from, Math.min(messages.length, from + rowsMax));
  }

  /** Shows the newest. */
  toEnd(messages: readonly Keyed[]): void {
    this.#keep(messages, Math.max(0, messages.length - rowsMax), messages.length);
  }

  #keep(messages: readonly Keyed[], from: number, to: number): Shown {
    this.#first = messages[from]?.key;
    this.#last = to === messages.length ? undefined : messages[to - 1]?.key;
    return { from, to };
  }
}

const indexOf = (messages: readonly Keyed[], key: string): number => messages.findIndex((each) => each.key === key);
