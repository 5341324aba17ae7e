// The messages of a conversation: keyed, so that what stays is not drawn again; kept at the end while the reader is
// there, and where they are while they read back; only a stretch of them stands in the page, which moves with the
// reader, and older ones load when the top of all comes near.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { MessageView } from '../../client/chat/conversation-state.ts';
import { previewOf } from '../../client/chat/preview.ts';
import type { App } from '../app.ts';
import { fill, h, reconcile } from '../dom.ts';
import { icon } from '../icons.ts';
import { noticeWords } from '../words/notices.ts';
import { dayOf, dayWords } from '../words/times.ts';
import { type MessageVerbs, messageMenu } from './message-menu.ts';
import { differInTick, drawTick, lookOf, messageRow, type RowContext, type RowVerbs } from './message-row.ts';
import { RowWindow } from './row-window.ts';

/** Closer to an end than this counts as being there. */
const nearPx = 80;
/** More messages are shown, or asked for, when so little is left above or below. */
const moreRowsPx = 600;
/** Messages of one sender within this time stand together. */
const togetherMs = 5 * 60_000;

/** Rows by key, and how far below the top of the pane they stand, in pixels. */
type Places = readonly (readonly [string, number])[];
type Failed = { readonly words: string; retry(): void };
/** A row is drawn again only when its message is another object, or what it depends on beside it has changed. */
type Drawn = { readonly element: HTMLElement; readonly message?: MessageView; readonly look: string };

export class MessageList {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #verbs: RowVerbs;
  readonly #scroll: HTMLElement;
  readonly #rows = h('ol', { class: 'messages' });
  readonly #latest = h('button', { class: 'to-latest', type: 'button', hidden: true, onclick: () => this.toEnd() });
  /** Reads out what others say as it comes; rows that are loaded or drawn again are not news. */
  readonly #live = h('div', { class: 'unseen', 'aria-live': 'polite' });
  #announced: number | undefined;
  readonly #drawn = new Map<string, Drawn>();
  readonly #window = new RowWindow();
  /** Long texts that their reader unfolded. */
  readonly #whole = new Set<string>();
  /** The newest message that was drawn or counted as unseen. */
  #newest: string | undefined;
  readonly #end = new AbortController();
  /** The number up to which everything was read when the conversation was opened. */
  #readUpTo: number | undefined;
  #unseen = 0;
  #atEnd = true;
  #loading = false;
  #failed: Failed | undefined;

  constructor(app: App, conversation: Conversation, verbs: MessageVerbs) {
    this.#app = app;
    this.#conversation = conversation;
    this.#verbs = {
      ...verbs,
      show: (messageId) => this.#show(messageId),
      isWhole: (key) => this.#whole.has(key),
      setWhole: (key, whole) => this.#setWhole(key, whole),
    };
    this.#scroll = h(
      'div',
      {
        class: 'message-scroll',
        role: 'group',
        'aria-label': 'Messages',
        tabindex: '0',
        onkeydown: (event: KeyboardEvent) => this.#key(event),
      },
      this.#rows,
    );
    this.#scroll.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    const { signal } = this.#end;
    for (const [target, type] of [
      [window, 'focus'],
      [document, 'visibilitychange'],
    ] as const) {
      target.addEventListener(type, () => this.#markRead(), { signal });
    }
    // The page grew or shrank (a keyboard came up): who was at the end stays there.
    const resized = new ResizeObserver(() => this.#atEnd && this.#jump());
    resized.observe(this.#scroll);
    signal.addEventListener('abort', () => resized.disconnect());
    this.element = h('div', { class: 'message-pane' }, this.#scroll, this.#latest, this.#live);
  }

  draw(): void {
    const { messages, loaded } = this.#conversation;
    if (!loaded && messages.length === 0) {
      this.#drawn.clear();
      fill(this.#rows, h('li', { class: 'messages-wait' }, ...this.#waiting()));
      return;
    }
    this.#readUpTo ??=
      this.#conversation.unread > 0 ? (this.#conversation.membership?.read_seq ?? 0) : Number.POSITIVE_INFINITY;
    this.#redraw(this.#atEnd ? [] : this.#placesInView());
    this.#countUnseen(messages);
    this.#drawLatest();
    this.#announce(messages);
    this.#markRead();
    this.#moreRows();
  }

  /** Brings the page in line with what is known, and the first row that has a place to that place. */
  #redraw(places: Places): void {
    const { messages, hasOlder } = this.#conversation;
    const { from, to } = this.#window.of(messages, this.#atEnd);
    const wanted = this.#wanted(messages.slice(from, to), hasOlder && from === 0, this.#firstNew(messages));
    const focused = this.#rows.contains(document.activeElement);
    reconcile(this.#rows, wanted);
    const keys = new Set(wanted.map((element) => element.dataset.key ?? ''));
    for (const key of this.#drawn.keys()) if (!keys.has(key)) this.#drawn.delete(key);
    // A row that left the page does not take the keyboard's place with it.
    if (focused && !this.#rows.contains(document.activeElement)) this.#scroll.focus({ preventScroll: true });

    if (this.#atEnd) this.#jump();
    else this.#keepPlace(places);
  }

  /** The first page can't be had; undefined: it is asked for again. */
  failed(failure: Failed | undefined): void {
    this.#failed = failure;
    this.draw();
  }

  toEnd(): void {
    this.#atEnd = true;
    this.#unseen = 0;
    this.#window.toEnd(this.#conversation.messages);
    this.draw();
  }

  /** The user's newest message of the loaded ones becomes editable. */
  editLast(): void {
    const own = this.#conversation.messages.findLast(
      ({ sender, content, message_id, deleted }) =>
        sender.user_key === this.#app.me.userKey && content?.type === 'text' && message_id && !deleted,
    );
    if (own !== undefined) this.#verbs.edit(own);
  }

  close(): void {
    this.#end.abort();
  }

  #waiting(): readonly (Node | string)[] {
    if (this.#failed === undefined) return ['Loading…'];
    const { words, retry } = this.#failed;
    return [h('span', {}, words), h('button', { class: 'quiet', type: 'button', onclick: retry }, 'Try again')];
  }

  /** The message above which the line stands that says where the new ones begin; undefined: nowhere. */
  #firstNew(messages: readonly MessageView[]): MessageView | undefined {
    const readUpTo = this.#readUpTo ?? 0;
    const at = messages.findIndex(({ seq, sender }) => seq > readUpTo && sender.user_key !== this.#app.me.userKey);
    return at > 0 ? messages[at] : undefined;
  }

  #wanted(messages: readonly MessageView[], hasOlder: boolean, firstNew: MessageView | undefined): HTMLElement[] {
    const wanted: HTMLElement[] = [];
    const top = hasOlder ? 'Loading older messages…' : undefined;
    if (top !== undefined) wanted.push(this.#piece('top', top, 'messages-wait'));
    let previous: MessageView | undefined;
    for (const [index, message] of messages.entries()) {
      const newDay = dayOf(message.created_at) !== dayOf(previous?.created_at);
      if (newDay && message.created_at) {
        const words = dayWords(message.created_at);
        wanted.push(this.#piece(`day-${dayOf(message.created_at)}`, words, 'day'));
      }
      const divide = message === firstNew;
      if (divide) wanted.push(this.#piece('new', 'New messages', 'new-divider'));
      const next = messages[index + 1];
      wanted.push(this.#row(message, !newDay && !divide && together(previous, message), together(message, next)));
      previous = message;
    }
    return wanted;
  }

  #row(message: MessageView, follows: boolean, followed: boolean): HTMLElement {
    const context: RowContext = { app: this.#app, conversation: this.#conversation, follows, followed };
    const look = lookOf(context);
    const known = this.#drawn.get(message.key);
    if (known?.message === message && known.look === look) return known.element;
    if (known?.message !== undefined && known.look === look && differInTick(known.message, message)) {
      drawTick(known.element, message.status);
      this.#drawn.set(message.key, { ...known, message });
      return known.element;
    }
    const element = messageRow(message, context, this.#verbs);
    element.dataset.key = message.key;
    // What was there is replaced in place, so that focus and scroll stay.
    if (known?.element.isConnected) {
      const focused = known.element === document.activeElement;
      known.element.replaceWith(element);
      if (focused) element.focus();
    }
    this.#drawn.set(message.key, { element, message, look });
    return element;
  }

  #piece(key: string, words: string, kind: string): HTMLElement {
    const known = this.#drawn.get(key);
    if (known?.look === words) return known.element;
    const element = h('li', { class: kind, 'data-key': key }, h('span', {}, words));
    this.#drawn.set(key, { element, look: words });
    return element;
  }

  #announce(messages: readonly MessageView[]): void {
    const newest = messages.findLast(({ seq }) => seq > 0);
    const seq = newest?.seq ?? 0;
    const news = this.#announced !== undefined && seq > this.#announced;
    this.#announced = Math.max(seq, this.#announced ?? 0);
    if (!news || newest === undefined || newest.sender.user_key === this.#app.me.userKey) return;
    const notice = newest.content?.type === 'system';
    const who = newest.sender.display_name || this.#app.names.of(newest.sender.user_key);
    const direct = this.#conversation.summary?.type === 'direct';
    fill(this.#live, notice ? noticeWords(newest, this.#app.names, direct) : `${who}: ${previewOf(newest)}`);
  }

  #jump(): void {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #placesInView(): Places {
    const { top, bottom } = this.#scroll.getBoundingClientRect();
    const places: (readonly [string, number])[] = [];
    for (const row of this.#rows.children) {
      const place = row.getBoundingClientRect();
      if (place.top >= bottom) break;
      const key = (row as HTMLElement).dataset.key ?? '';
      if (place.bottom > top && this.#drawn.get(key)?.message !== undefined) places.push([key, place.top - top]);
    }
    return places;
  }

  /** Puts the first of these rows that is still there back where it stood. */
  #keepPlace(places: Places): void {
    for (const [key, place] of places) {
      const row = this.#drawn.get(key)?.element;
      if (row?.isConnected !== true) continue;
      const moved = row.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top - place;
      if (Math.abs(moved) >= 1) this.#scroll.scrollTop += moved;
      return;
    }
  }

  #countUnseen(messages: readonly MessageView[]): void {
    const known = messages.findLastIndex(({ key }) => key === this.#newest);
    if (!this.#atEnd && known >= 0) this.#unseen += messages.length - 1 - known;
    this.#newest = messages.at(-1)?.key;
  }

  /** Brings a message that is loaded into view, and marks it for a moment. */
  #show(messageId: string): void {
    const { messages } = this.#conversation;
    const index = messages.findIndex(({ message_id }) => message_id === messageId);
    const key = messages[index]?.key;
    if (key === undefined) return;
    if (!this.#drawn.has(key)) {
      this.#atEnd = false;
      this.#window.around(messages, index);
      this.#redraw([[key, this.#scroll.clientHeight / 2]]);
    }
    const row = this.#drawn.get(key)?.element;
    row?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    row?.classList.add('message-found');
    row?.addEventListener('animationend', () => row.classList.remove('message-found'), { once: true });
  }

  #setWhole(key: string, whole: boolean): void {
    if (whole) this.#whole.add(key);
    else this.#whole.delete(key);
    if (!whole) this.#drawn.get(key)?.element.scrollIntoView({ block: 'nearest' });
    // The end may be elsewhere now: who reads a long text is not taken to it.
    this.#scrolled();
  }

  #drawLatest(): void {
    this.#latest.hidden = this.#atEnd;
    const words = this.#unseen === 0 ? 'To the newest' : `${this.#unseen} new`;
    fill(this.#latest, icon('down'), words);
  }

  #scrolled(): void {
    const { messages } = this.#conversation;
    this.#atEnd = this.#below() < nearPx && this.#window.of(messages, this.#atEnd).to === messages.length;
    if (this.#atEnd) this.#unseen = 0;
    this.#drawLatest();
    this.#markRead();
    this.#moreRows();
  }

  /** Pixels between the lowest on the screen and the end of the rows. */
  #below(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** What comes near is shown: from memory, or from the server where that is all. */
  #moreRows(): void {
    const { messages, loaded, hasOlder } = this.#conversation;
    const nearTop = this.#scroll.scrollTop <= moreRowsPx;
    const more = nearTop
      ? !this.#atEnd && this.#window.up(messages)
      : this.#below() <= moreRowsPx && this.#window.down(messages);
    if (more) this.draw();
    if (more || this.#loading || !loaded || !hasOlder || !nearTop) return;
    this.#loading = true;
    this.#app.attempt(
      this.#conversation.loadOlder(this.#end.signal).finally(() => {
        this.#loading = false;
        // A page of short messages may not have moved the top far enough away.
        if (!this.#end.signal.aborted) requestAnimationFrame(() => this.#moreRows());
      }),
    );
  }

  /** Read is what was on the screen of somebody who looks at it. */
  #markRead(): void {
    if (this.#atEnd && this.#conversation.loaded && document.visibilityState === 'visible' && document.hasFocus()) {
      this.#conversation.markRead();
    }
  }

  #key(event: KeyboardEvent): void {
    const rows = [...this.#rows.querySelectorAll<HTMLElement>('.message')];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const step = event.key === 'ArrowUp' ? -1 : 1;
      const target = rows[at < 0 ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at + step))];
      event.preventDefault();
      target?.focus();
      target?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && at >= 0 && event.target === rows[at]) {
      const message = this.#conversation.messages.find(({ key }) => key === rows[at]?.dataset.key);
      event.preventDefault();
      if (message !== undefined)
        messageMenu(
          rows[at]?.querySelector('.bubble') ?? this.#rows,
          message,
          this.#app,
          this.#conversation,
          this.#verbs,
        );
    }
  }
}

/** Whether the second stands below the first without a name of its own. */
function together(one: MessageView | undefined, other: MessageView | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (one.content?.type === 'system' || other.content?.type === 'system') return false;
  if (one.sender.user_key !== other.sender.user_key || one.sender.external_id !== other.sender.external_id)
    return false;
  const apart = Date.parse(other.created_at) - Date.parse(one.created_at);
  return apart < togetherMs && dayOf(one.created_at) === dayOf(other.created_at);
}
