// What one side of a Link has to say, gathered into batches: all that comes up in one turn of the event loop goes out
// together, cut at 256 KiB, small parts first and at most one large part in a batch. So a page never delays an
// acknowledgement by more than one batch. Promises the order in which small parts were written.

import { WireWriter } from './wire-writer.ts';

/** A batch is cut when it has so many bytes; one part above that goes alone. */
export const batchBytesMax = 256 * 1_024;
/** A part above this waits for its turn among the large ones. */
export const smallBytesMax = 16 * 1_024;
/** The largest request, response or event that a Link carries: a batch with it stays below gRPC's message limit. */
export const partBytesMax = 8 * 1_024 * 1_024;
/** Bytes that may wait for a peer that does not read; beyond it the Link is cut. */
export const waitingBytesMax = 64 * 1_024 * 1_024;
/** Batches handed to the stream whose bytes are not yet on their way: more would stand in front of what is small. */
const underwayMax = 2;

export type OutboxOptions = {
  /** Hands a batch to the stream; `sent` is called when it may take another. */
  readonly send: (batch: Buffer, sent: () => void) => void;
  /** The peer does not read: called once, when `waitingBytesMax` is passed. */
  readonly onOverflow: () => void;
};

type LargePart = (writer: WireWriter) => void;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #writer = new WireWriter();
  #cut: Buffer[] = [];
  #large: { readonly size: number; readonly write: LargePart }[] = [];
  #waitingBytes = 0;
  #underway = 0;
  #scheduled = false;
  #closed = false;
  #whenEmpty: (() => void)[] = [];
  readonly #flushLater = () => {
    this.#scheduled = false;
    this.#flush();
  };
  readonly #onSent = () => {
    this.#underway -= 1;
    // At once, not by the turn: the parts that came up while the stream was busy have waited long enough.
    this.#flush();
  };

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Where a small part is written, in one go, before `written` is called. */
  get writer(): WireWriter {
    return this.#writer;
  }

  get empty(): boolean {
    return this.#writer.length === 0 && this.#cut.length === 0 && this.#large.length === 0 && this.#underway === 0;
  }

  /** To be called after each small part. */
  written(): void {
    if (this.#closed) {
      this.#writer.take();
      return;
    }
    if (this.#writer.length >= batchBytesMax) this.#cutBatch();
    this.#schedule();
  }

  /** A part of about `size` bytes that is written when its turn has come. */
  addLarge(size: number, write: LargePart): void {
    if (this.#closed) return;
    this.#large.push({ size, write });
    this.#waits(size);
    this.#schedule();
  }

  /** Resolves when all that was said has been handed on, or never can be. */
  async whenEmpty(): Promise<void> {
    while (!this.empty && !this.#closed) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Drops what waits, and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#cut = [];
    this.#large = [];
    this.#tellEmpty();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(this.#flushLater);
  }

  #cutBatch(): void {
    const batch = this.#writer.take();
    this.#cut.push(batch);
    this.#waits(batch.length);
  }

  #waits(bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#waitingBytes <= waitingBytesMax || this.#closed) return;
    this.close();
    this.#options.onOverflow();
  }

  #flush(): void {
    while (!this.#closed && this.#underway < underwayMax) {
      const batch = this.#next();
      if (batch === undefined) break;
      this.#underway += 1;
      this.#options.send(batch, this.#onSent);
    }
    if (this.empty) this.#tellEmpty();
  }

  #next(): Buffer | undefined {
    const cut = this.#cut.shift();
    if (cut !== undefined) {
      this.#waitingBytes -= cut.length;
      return cut;
    }
    const large = this.#large.shift();
    if (large !== undefined) {
      this.#waitingBytes -= large.size;
      large.write(this.#writer);
    }
    return this.#writer.length > 0 ? this.#writer.take() : undefined;
  }

  #tellEmpty(): void {
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }
}
