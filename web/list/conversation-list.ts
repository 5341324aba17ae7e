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

  const search = searchField({
    input: () => draw(),
    enter: () => {
      const first = shown()[0];
      if (first === undefined) return;
      search.value = '';
      app.open(first.id);
    },
    down: () => list.querySelector('button')?.focus(),
  });
  const list = h('ul', {
    class: 'conversation-rows',
    'aria-label': 'Conversations',
    onkeydown: (event: KeyboardEvent) => moveFocus(event, list, search),
  });
  const empty = h('p', { class: 'list-empty' });
  const archive = h('button', { class: 'archive-switch', type: 'button', onclick: () => switchArchive() });
  const loadMore = () => app.attempt(conversations.loadMore());
  const more = h('button', { class: 'list-more', type: 'button', onclick: loadMore }, 'Older conversations');

  const shown = (): readonly Conversation[] => {
    const words = search.value.trim().toLocaleLowerCase();
    return conversations.items.filter((conversation) => {
      if (words !== '') return searchable(app, conversation).includes(words);
      return (conversation.membership?.archived ?? false) === archived;
    });
  };
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
    const opened = wanted.findIndex(({ id }) => id === openId);
    offerFocus(elements, Math.max(opened, 0));
    drawArchive();
    more.hidden = !conversations.hasMore || search.value !== '';
    empty.hidden = wanted.length > 0;
    fill(empty, emptyWords(conversations.loaded, search.value !== '', archived));
  };
  const drawArchive = (): void => {
    const count = conversations.items.filter(({ membership }) => membership?.archived).length;
    archive.hidden = count === 0 && !archived;
    fill(archive, icon(archived ? 'back' : 'archive'), archived ? 'Back to all conversations' : `Archived (${count})`);
  };
  const switchArchive = (): void => {
    archived = !archived;
    draw();
  };
  const show = (id: string): void => {
    openId = id;
    draw();
  };

  conversations.subscribe(draw);
  draw();
  return { element: listPane(app, search, [list, empty, more, archive]), show };
}

function listPane(app: App, search: HTMLElement, parts: readonly HTMLElement[]): HTMLElement {
  return h(
    'nav',
    { class: 'list-pane', 'aria-label': 'Conversations' },
    listHeader(app),
    h('div', { class: 'search' }, icon('search'), search, h('kbd', { 'aria-hidden': 'true' }, 'Ctrl K')),
    h('div', { class: 'list-scroll' }, ...parts),
  );
}

function emptyWords(loaded: boolean, searched: boolean, archived: boolean): string {
  if (!loaded) return 'Loading…';
  if (searched) return 'Nothing found.';
  return archived ? 'Nothing is archived.' : 'No conversations yet. Start one with the pencil above.';
}

/** What is searched in a conversation. */
function searchable(app: App, conversation: Conversation): string {
  return [app.names.titleOf(conversation), conversation.summary?.last_message?.content_preview]
    .join(' ')
    .toLocaleLowerCase();
}

type SearchActions = { input(): void; enter(): void; down(): void };

/** Escape empties it. */
function searchField({ input, enter, down }: SearchActions): HTMLInputElement {
  const field = h('input', {
    class: 'search-field',
    type: 'search',
    placeholder: 'Search conversations',
    'aria-label': 'Search conversations',
    'aria-keyshortcuts': 'Control+K',
    autocomplete: 'off',
    oninput: input,
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        field.value = '';
        field.blur();
        input();
      }
      if (event.key === 'Enter') enter();
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        down();
      }
    },
  });
  return field;
}

/** Tab comes to one row of the list; while one of them has the focus, that is left as it is. */
function offerFocus(elements: readonly HTMLElement[], at: number): void {
  if (elements.some((element) => element.contains(document.activeElement))) return;
  elements.forEach((element, index) => {
    element.querySelector('button')?.setAttribute('tabindex', index === at ? '0' : '-1');
  });
}

/** Arrow keys, Home and End go from row to row, and up from the first to the search. */
function moveFocus(event: KeyboardEvent, list: HTMLElement, search: HTMLElement): void {
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
