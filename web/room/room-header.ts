// What stands above an open conversation: whose it is, who types, and what can be done with it. Its buttons stay where
// they are while the words beside them change, so that nobody who stands on one by keyboard is thrown off.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { fill, h, setAttribute } from '../dom.ts';
import { icon } from '../icons.ts';
import { conversationMenu } from '../list/conversation-menu.ts';
import { openMenu } from '../menu.ts';

export class RoomHeader {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #title = h('h1');
  readonly #below = h('p', { class: 'room-below', 'aria-live': 'polite' });
  readonly #members: HTMLButtonElement;
  #face: Element = h('span');
  #drawn = '';

  constructor(app: App, conversation: Conversation, toggleMembers: () => void) {
    this.#app = app;
    this.#conversation = conversation;
    this.#members = button('members', 'Members', toggleMembers);
    const more = button('more', 'More', () => openMenu(more, conversationMenu(app, conversation)));
    more.setAttribute('aria-haspopup', 'menu');
    const back = button('back', 'Back to the list', () => app.home());
    back.classList.add('only-phone');
    const words = h('div', { class: 'room-words' }, this.#title, this.#below);
    this.element = h('header', { class: 'room-header' }, back, this.#face, words, this.#members, more);
    this.showsMembers(false);
  }

  /** Tells whether the members stand beside the conversation. */
  showsMembers(shown: boolean): void {
    this.#members.setAttribute('aria-expanded', String(shown));
  }

  draw(): void {
    const { names } = this.#app;
    const { typing, summary, membership } = this.#conversation;
    const title = names.titleOf(this.#conversation);
    const below = this.#wordsBelow();
    setAttribute(this.#below, 'class', typing.length > 0 ? 'room-below room-typing' : 'room-below');
    if (this.#below.textContent !== below) this.#below.textContent = below;
    const muted = membership?.muted ?? false;
    const look = JSON.stringify([title, muted, summary?.type]);
    if (look === this.#drawn) return;
    this.#drawn = look;
    fill(this.#title, h('span', { class: 'room-title', dir: 'auto' }, title), muted && icon('mute'));
    const face = avatar(names.faceOf(this.#conversation), title, summary?.type === 'direct' ? 'person' : 'group');
    this.#face.replaceWith(face);
    this.#face = face;
  }

  #wordsBelow(): string {
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
}

function button(name: 'back' | 'members' | 'more', label: string, onclick: () => void): HTMLButtonElement {
  return h('button', { class: 'icon-button', type: 'button', 'aria-label': label, title: label, onclick }, icon(name));
}
