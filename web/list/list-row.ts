// One line of the list: face, title, the newest words, when, and how many are unread.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { fill, h } from '../dom.ts';
import { icon } from '../icons.ts';
import { openMenu } from '../menu.ts';
import { onMenuGesture } from '../menu-gesture.ts';
import { momentOf, shortWords } from '../words/times.ts';
import { conversationMenu } from './conversation-menu.ts';

export class ListRow {
  readonly element: HTMLLIElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #open: HTMLButtonElement;
  #drawn = '';

  constructor(app: App, conversation: Conversation) {
    this.#app = app;
    this.#conversation = conversation;
    this.#open = h('button', { class: 'row-open', type: 'button', onclick: () => app.open(conversation.id) });
    this.element = h('li', { class: 'row', 'data-conversation': conversation.id }, this.#open);
    onMenuGesture(this.element, () => openMenu(this.#open, conversationMenu(app, conversation)));
  }

  draw(open: boolean): void {
    const words = this.#words();
    const { unread, membership } = this.#conversation;
    const look = JSON.stringify([words, open, unread, membership?.muted, membership?.pinned]);
    if (look === this.#drawn) return;
    this.#drawn = look;
    this.element.classList.toggle('row-current', open);
    this.element.classList.toggle('row-unread', unread > 0);
    if (open) this.#open.setAttribute('aria-current', 'true');
    else this.#open.removeAttribute('aria-current');
    const { names } = this.#app;
    const group = this.#conversation.summary?.type !== 'direct';
    fill(
      this.#open,
      avatar(names.faceOf(this.#conversation), words.title, group ? 'group' : 'person'),
      h(
        'span',
        { class: 'row-words' },
        h(
          'span',
          { class: 'row-top' },
          h('span', { class: 'row-title' }, words.title),
          h('time', { title: momentOf(words.at) }, shortWords(words.at)),
        ),
        h(
          'span',
          { class: 'row-bottom' },
          h('span', { class: `row-preview ${words.kind}`, dir: 'auto' }, words.preview),
          ...this.#marks(),
        ),
      ),
    );
  }

  #marks(): readonly HTMLElement[] {
    const { unread, membership } = this.#conversation;
    const mark = (name: 'mute' | 'pin', words: string) =>
      h('span', { class: 'row-mark' }, icon(name), h('span', { class: 'unseen' }, words));
    return [
      ...(membership?.muted ? [mark('mute', 'muted')] : []),
      ...(membership?.pinned ? [mark('pin', 'pinned')] : []),
      ...(unread > 0
        ? [
            h(
              'span',
              { class: membership?.muted ? 'badge badge-muted' : 'badge' },
              unread > 99 ? '99+' : `${unread}`,
              h('span', { class: 'unseen' }, ' unread'),
            ),
          ]
        : []),
    ];
  }

  #words(): { title: string; preview: string; kind: string; at: string | undefined } {
    const { names } = this.#app;
    const { summary, typing, membership } = this.#conversation;
    const title = names.titleOf(this.#conversation);
    const last = summary?.last_message;
    const at = last?.sent_at ?? summary?.updated_at;
    const draft = membership?.draft?.content;
    if (typing.length > 0)
      return { title, at, kind: 'row-typing', preview: `${names.of(typing[0]?.user_key)} is typing…` };
    if (draft) return { title, at, kind: 'row-draft', preview: `Draft: ${draft}` };
    if (last === undefined) return { title, at, kind: 'row-quiet', preview: 'No messages yet' };
    if (!last.content_preview) return { title, at, kind: 'row-quiet', preview: 'Message deleted' };
    const own = last.sender_key === this.#app.me.userKey;
    const whose = own
      ? 'You: '
      : summary?.type === 'direct' || summary?.type === 'self'
        ? ''
        : `${names.of(last.sender_key)}: `;
    return { title, at, kind: '', preview: (summary?.type === 'self' ? '' : whose) + last.content_preview };
  }
}
