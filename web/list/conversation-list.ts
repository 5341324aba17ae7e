// The user's conversations: search, the list with unread counts, and the way to a new one.
// Arrow keys move in the list, Enter opens, Ctrl+K goes to the search.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { newConversationDialog } from '../dialogs/new-conversation.ts';
import { fill, h, reconcile } from '../dom.ts';
import { icon } from '../icons.ts';
import { openMenu } from '../menu.ts';
import { signOut } from '../session.ts';
import { ListRow } from './list-row.ts';

export type ConversationList = { readonly element: HTMLElement; show(openId: string): void };

export function conversationList(app: App): ConversationList {
  const { conversations } = app.client;
  const rows = new Map<string, ListRow>();
  let openId = '';
  let archived = false;

  const search = h('input', {
    class: 'search-field',
    type: 'search',
    placeholder: 'Search conversations',
    'aria-label': 'Search conversations',
    'aria-keyshortcuts': 'Control+K',
    autocomplete: 'off',
    oninput: () => draw(),
    onkeydown: (event: KeyboardEvent) => searchKey(event),
  });
  const list = h('ul', {
    class: 'conversation-rows',
    'aria-label': 'Conversations',
    onkeydown: (event: KeyboardEvent) => listKey(event),
  });
  const empty = h('p', { class: 'list-empty' });
  const archive = h('button', { class: 'archive-switch', type: 'button', onclick: () => switchArchive() });
  const more = h(
    'button',
    { class: 'list-more', type: 'button', onclick: () => app.attempt(conversations.loadMore()) },
    'Older conversations',
  );

  const shown = (): readonly Conversation[] => {
    const words = search.value.trim().toLocaleLowerCase();
    return conversations.items.filter((conversation) => {
      if (words !== '') return searchable(conversation).includes(words);
      return (conversation.membership?.archived ?? false) === archived;
    });
  };
  const searchable = (conversation: Conversation): string =>
    [app.names.titleOf(conversation), conversation.summary?.last_message?.content_preview]
      .join(' ')
      .toLocaleLowerCase();

  const draw = (): void => {
    for (const conversation of conversations.items) app.names.learnFrom(conversation);
    const wanted = shown();
    const elements = wanted.map((conversation) => {
      const row = rows.get(conversation.id) ?? new ListRow(app, conversation);
      rows.set(conversation.id, row);
      row.draw(conversation.id === openId);
      return row.element;
    });
    reconcile(list, elements);
    const focusable = elements.some((element) => element.contains(document.activeElement));
    elements.forEach((element, index) => {
      const current = wanted[index]?.id === openId || (index === 0 && !wanted.some(({ id }) => id === openId));
      if (!focusable) element.querySelector('button')?.setAttribute('tabindex', current ? '0' : '-1');
    });
    const archivedCount = conversations.items.filter(({ membership }) => membership?.archived).length;
    archive.hidden = archivedCount === 0 && !archived;
    fill(
      archive,
      icon(archived ? 'back' : 'archive'),
      archived ? 'Back to all conversations' : `Archived (${archivedCount})`,
    );
    more.hidden = !conversations.hasMore || search.value !== '';
    empty.hidden = wanted.length > 0;
    fill(empty, emptyWords());
  };

  const emptyWords = (): string => {
    if (!conversations.loaded) return 'Loading…';
    if (search.value !== '') return 'Nothing found.';
    return archived ? 'Nothing is archived.' : 'No conversations yet. Start one with the pencil above.';
  };
  const switchArchive = (): void => {
    archived = !archived;
    draw();
  };
  const searchKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      search.value = '';
      search.blur();
      draw();
    }
    const first = shown()[0];
    if (event.key === 'Enter' && first !== undefined) {
      search.value = '';
      app.open(first.id);
    }
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      list.querySelector('button')?.focus();
    }
  };
  const listKey = (event: KeyboardEvent): void => {
    const buttons = [...list.querySelectorAll<HTMLButtonElement>('.row-open')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    if (to < 0) search.focus();
    const target = buttons[Math.min(to, buttons.length - 1)];
    if (to < 0 || target === undefined) return;
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
    target.focus();
  };

  conversations.subscribe(draw);
  const element = h(
    'nav',
    { class: 'list-pane', 'aria-label': 'Conversations' },
    listHeader(app),
    h('div', { class: 'search' }, icon('search'), search, h('kbd', { 'aria-hidden': 'true' }, 'Ctrl K')),
    h('div', { class: 'list-scroll' }, list, empty, more, archive),
  );
  draw();
  return {
    element,
    show(id) {
      openId = id;
      draw();
    },
  };
}

function listHeader(app: App): HTMLElement {
  const account = h(
    'button',
    { class: 'account', type: 'button', 'aria-label': `Signed in as ${app.me.displayName}`, 'aria-haspopup': 'menu' },
    avatar(app.me.userKey, app.me.displayName),
    h('span', { class: 'account-words' }, h('strong', {}, app.me.displayName), h('span', { class: 'account-state' })),
  );
  account.addEventListener('click', () => openMenu(account, [{ icon: 'leave', words: 'Sign out', run: signOut }]));
  return h(
    'header',
    { class: 'list-header' },
    account,
    h(
      'button',
      {
        class: 'icon-button',
        type: 'button',
        'aria-label': 'New conversation',
        title: 'New conversation',
        onclick: () => newConversationDialog(app),
      },
      icon('compose'),
    ),
  );
}
