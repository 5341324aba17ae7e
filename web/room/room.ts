// An open conversation: its header, its messages, the field to write in, and the members beside it.

import type { Conversation } from '../../client/chat/conversation.ts';
import { type App, isGroup } from '../app.ts';
import { h, setAttribute } from '../dom.ts';
import { failureWords } from '../words/failures.ts';
import { Composer } from './composer.ts';
import { MembersPanel } from './members-panel.ts';
import { MessageList } from './message-list.ts';
import { RoomHeader } from './room-header.ts';

export class Room {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #header: RoomHeader;
  readonly #main: HTMLElement;
  readonly #composer: Composer;
  readonly #messages: MessageList;
  readonly #panel: MembersPanel;
  readonly #unsubscribe: () => void;

  constructor(app: App, conversation: Conversation) {
    this.#app = app;
    this.#conversation = conversation;
    this.#composer = new Composer(app, conversation);
    this.#messages = new MessageList(app, conversation, {
      reply: (message) => this.#composer.reply(message),
      edit: (message) => this.#composer.edit(message),
    });
    this.#composer.onEditLast = () => this.#messages.editLast();
    this.#composer.onSent = () => this.#messages.toEnd();
    this.#panel = new MembersPanel(app, conversation, () => this.#toggleMembers(false));
    this.#header = new RoomHeader(app, conversation, () => this.#toggleMembers());
    this.#main = h(
      'section',
      { class: 'room-main', 'aria-label': 'Conversation' },
      this.#header.element,
      this.#messages.element,
      this.#composer.element,
    );
    this.element = h('div', { class: 'room' }, this.#main, this.#panel.element);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.#unsubscribe = conversation.subscribe(() => this.#draw());
    this.#draw();
    this.#load();
  }

  get id(): string {
    return this.#conversation.id;
  }

  get title(): string {
    return this.#app.names.titleOf(this.#conversation);
  }

  /** The field to write in, where there is a keyboard. */
  focus(): void {
    if (matchMedia('(hover: hover)').matches) this.#composer.focus();
  }

  close(): void {
    this.#unsubscribe();
    this.#conversation.release();
    this.#composer.close();
    this.#messages.close();
    this.#panel.close();
  }

  #load(): void {
    this.#messages.failed(undefined);
    this.#conversation.open().catch((error: unknown) => {
      this.#messages.failed({ words: failureWords(error), retry: () => this.#load() });
    });
  }

  #draw(): void {
    const { names } = this.#app;
    const conversation = this.#conversation;
    names.learnFrom(conversation);
    this.#messages.draw();
    this.#composer.draw();
    this.#panel.draw();
    this.#header.draw();
    setAttribute(this.#main, 'aria-label', this.title);
  }

  #toggleMembers(open?: boolean): void {
    const shown = this.element.classList.toggle('room-with-members', open);
    this.#header.showsMembers(shown);
    if (shown) this.#panel.open();
    else this.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (this.#composer.cancel()) event.preventDefault();
    else if (this.element.classList.contains('room-with-members')) this.#toggleMembers(false);
    else if (!isGroup(this.#conversation) || document.activeElement !== document.body) this.#composer.focus();
  }
}
