// The stretch of history that a view has loaded, and how pages and live entries meet in it: an entry that comes while
// a page is on its way is kept and applied to that page, too, so nothing falls between the two.

import type { ListMessagesResponse, Message } from '../../gen/json/api.ts';
import type { MessageChange } from './change-message.ts';
import {
  seqOf,
  type Timeline,
  timelineMax,
  withChange,
  withMessages,
  withOlder,
  withoutMessages,
  withWords,
} from './timeline.ts';

export const historyPage = 50;
/** Entries kept for a page on its way; above it the page is asked for again. */
const keptMax = 1_000;
const attemptsMax = 3;

type Page = { readonly page_size: number; readonly before_seq?: number };

type Kept = {
  readonly messages: Message[];
  readonly changes: MessageChange[];
  readonly hidden: string[];
  readonly read: Message[];
};

export type StretchOptions = {
  list(page: Page, signal?: AbortSignal): Promise<ListMessagesResponse>;
  userKey(): string;
  changed(): void;
};

const empty: Timeline = { messages: [], hasOlder: false };

export class Stretch {
  readonly #options: StretchOptions;
  #timeline: Timeline = empty;
  #loaded = false;
  #head = 0;
  #loading: Promise<void> | undefined;
  #loadingOlder: Promise<void> | undefined;
  /** What came while a page is on its way; undefined while none is. */
  #kept: Kept | undefined;
  /** Raised when everything is let go: a page asked for before is not taken. */
  #round = 0;

  constructor(options: StretchOptions) {
    this.#options = options;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** The newest page is on its way. */
  get loading(): boolean {
    return this.#loading !== undefined;
  }

  /** The log's head that the newest page was read at, or the newest entry since. */
  get head(): number {
    return Math.max(this.#head, this.newest);
  }

  /** The newest number here; 0: none. */
  get newest(): number {
    const last = this.#timeline.messages.at(-1);
    return last === undefined ? 0 : seqOf(last);
  }

  /** The newest page, unless it is here. */
  load(): Promise<void> {
    if (this.#loaded) return Promise.resolve();
    if (this.#loading !== undefined) return this.#loading;
    const loading = this.#page(undefined).finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    this.#loading = loading;
    return loading;
  }

  /** The page before the first message; nothing when there is none, or the memory's bound is reached. */
  loadOlder(signal?: AbortSignal): Promise<void> {
    const first = this.#timeline.messages[0];
    const full = this.#timeline.messages.length >= timelineMax - historyPage;
    if (!this.#loaded || !this.#timeline.hasOlder || first === undefined || full) return Promise.resolve();
    if (this.#loadingOlder !== undefined) return this.#loadingOlder;
    const loading = this.#page(seqOf(first), signal).finally(() => {
      if (this.#loadingOlder === loading) this.#loadingOlder = undefined;
    });
    this.#loadingOlder = loading;
    return loading;
  }

  add(message: Message): void {
    this.#keep((kept) => kept.messages.push(message));
    if (this.#loaded) this.#set(withMessages(this.#timeline, [message]));
  }

  change(change: MessageChange): void {
    this.#head = Math.max(this.#head, change.seq);
    this.#keep((kept) => kept.changes.push(change));
    this.#set(withChange(this.#timeline, change, this.#options.userKey()));
  }

  /** True where the message is loaded, or may be on the page that is on its way. */
  holds(messageId: string): boolean {
    return this.#kept !== undefined || this.#timeline.messages.some(({ message_id }) => message_id === messageId);
  }

  /** What a message says now, read apart. */
  words(read: Message): void {
    this.#keep((kept) => kept.read.push(read));
    this.#set(withWords(this.#timeline, read));
  }

  hide(messageIds: readonly string[]): void {
    this.#keep((kept) => kept.hidden.push(...messageIds));
    this.#set(withoutMessages(this.#timeline, messageIds));
  }

  reset(): void {
    this.#round += 1;
    this.#head = 0;
    this.#loaded = false;
    this.#loading = undefined;
    this.#loadingOlder = undefined;
    this.#kept = undefined;
    this.#timeline = empty;
  }

  async #page(before: number | undefined, signal?: AbortSignal): Promise<void> {
    const round = this.#round;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      this.#kept ??= { messages: [], changes: [], hidden: [], read: [] };
      const kept = this.#kept;
      const page: Page = { page_size: historyPage, ...(before === undefined ? {} : { before_seq: before }) };
      const answer = await this.#options.list(page, signal).finally(() => {
        if (this.#kept === kept) this.#kept = undefined;
      });
      // Let go meanwhile: whoever waits for this page waits for the one that was asked for in its place, if any.
      if (round !== this.#round) return this.#loading;
      if (kept.messages.length + kept.changes.length >= keptMax) continue;
      this.#take(answer, before, kept);
      return;
    }
    throw new Error('The conversation moves too fast to read a page of it.');
  }

  #take(answer: ListMessagesResponse, before: number | undefined, kept: Kept): void {
    const { messages, next_page_token } = answer;
    const hasOlder = next_page_token !== '';
    const read =
      before === undefined
        ? withMessages({ messages, hasOlder }, kept.messages)
        : withOlder(this.#timeline, messages, hasOlder);
    const changed = kept.changes.reduce(
      (timeline, change) => withChange(timeline, change, this.#options.userKey()),
      read,
    );
    this.#loaded = true;
    this.#head = Math.max(this.#head, answer.head);
    this.#set(withoutMessages(kept.read.reduce(withWords, changed), kept.hidden));
  }

  #keep(push: (kept: Kept) => unknown): void {
    if (this.#kept !== undefined && this.#kept.messages.length + this.#kept.changes.length < keptMax) push(this.#kept);
  }

  #set(timeline: Timeline): void {
    if (timeline === this.#timeline) return;
    this.#timeline = timeline;
    this.#options.changed();
  }
}
