// An open conversation: its header, its messages, the field to write in, and the members beside it.

import type { Conversation } from '../../client/chat/conversation.ts';
import { type App, isGroup } from '../app.ts';
import { avatar } from '../avatar.ts';
import { fill, h } from '../dom.ts';
import { icon } from '../icons.ts';
import { conversationMenu } from '../list/conversation-menu.ts';
import { openMenu } from '../menu.ts';
import { failureWords } from '../words/failures.ts';
import { Composer } from './composer.ts';
import { MembersPanel } from './members-panel.ts';
import { MessageList } from './message-list.ts';

export class Room {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #header = h('header', { class: 'room-header' });
  readonly #composer: Composer;
  readonly #messages: MessageList;
  readonly #panel: MembersPanel;
  readonly #unsubscribe: () => void;
  #drawn = '';

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
    const main = h(
      'section',
      { class: 'room-main', 'aria-label': 'Conversation' },
      this.#header,
      this.#messages.element,
      this.#composer.element,
    );
    this.element = h('div', { class: 'room' }, main, this.#panel.element);
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
    const { title } = this;
    const below = this.#below();
    const look = JSON.stringify([title, below, conversation.membership]);
    if (look === this.#drawn) return;
    this.#drawn = look;
    this.element.querySelector('.room-main')?.setAttribute('aria-label', title);
    const kind = conversation.summary?.type === 'direct' ? 'person' : 'group';
    const button = (name: 'back' | 'members' | 'more', label: string, onclick: (event: Event) => void, kind = '') =>
      h(
        'button',
        { class: `icon-button ${kind}`, type: 'button', 'aria-label': label, title: label, onclick },
        icon(name),
      );
    fill(
      this.#header,
      button('back', 'Back to the list', () => this.#app.home(), 'only-phone'),
      avatar(names.faceOf(conversation), title, kind),
      h(
        'div',
        { class: 'room-words' },
        h(
          'h1',
          {},
          h('span', { class: 'room-title' }, title),
          conversation.membership?.muted ? icon('mute') : undefined,
        ),
        h(
          'p',
          { class: conversation.typing.length > 0 ? 'room-below room-typing' : 'room-below', 'aria-live': 'polite' },
          below,
        ),
      ),
      button('members', 'Members', () => this.#toggleMembers()),
      button('more', 'More', (event) =>
        openMenu(event.currentTarget as Element, conversationMenu(this.#app, conversation)),
      ),
    );
  }

  #below(): string {
    const { names } = this.#app;
    const { typing, summary } = this.#conversation;
    const who = typing.map(({ user_key, display_name }) => display_name || names.of(user_key));
    if (who.length === 1) return `${who[0]} is typing…`;
    if (who.length > 1) return who.length === 2 ? `${who.join(' and ')} are typing…` : 'Several people are typing…';
    if (summary?.type === 'self') return 'Only you see what you write here';
    if (summary?.type === 'direct') return 'Direct conversation';
    const count = summary?.member_count ?? 0;
    return count === 0 ? '' : `${count} ${count === 1 ? 'member' : 'members'}`;
  }

  #toggleMembers(open?: boolean): void {
    const shown = this.element.classList.toggle('room-with-members', open);
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
