// The console: signs a person in, opens one connection, and shows the list and a conversation beside it (on a phone one
// of the two). It uses the SDK and nothing private; the address names the open conversation, so Back works.

import { webStorageOutbox } from '../client/chat/outbox-store.ts';
import { connect } from '../client/connect.ts';
import type { App } from './app.ts';
import { connectionBar } from './connection-bar.ts';
import { fill, h } from './dom.ts';
import { conversationList } from './list/conversation-list.ts';
import { Room } from './room/room.ts';
import { readyUsers, resume, type SignedIn } from './session.ts';
import { signInPage } from './sign-in.ts';
import { toast } from './toast.ts';
import { failureWords } from './words/failures.ts';
import { Names } from './words/names.ts';

const root = h('div', { class: 'console' });
document.body.append(root);
start((await resume()) ?? (await signInPage(root)));

function start(me: SignedIn): void {
  const client = connect({
    url: location.origin,
    token: me.token,
    outbox: webStorageOutbox(localStorage, `circuit.outbox.${me.userKey}.`),
  });
  const message = toast();
  const names = new Names(me.userKey, [...readyUsers, { user_key: me.userKey, display_name: me.displayName }]);
  const app: App = {
    client,
    me,
    names,
    open: (conversationId) => {
      location.hash = `#/c/${conversationId}`;
    },
    home: () => {
      location.hash = '#/';
    },
    say: message.say,
    attempt: (work) => void work.catch((error: unknown) => message.say(failureWords(error))),
  };
  const list = conversationList(app);
  const place = h('main', { class: 'room-place' });
  let room: Room | undefined;
  /** Whether the open conversation was in the list when it last changed. */
  let listed = false;
  const route = (): void => {
    const id = /^#\/c\/(\d{12})$/.exec(location.hash)?.[1] ?? '';
    room?.close();
    listed = false;
    room = id === '' ? undefined : new Room(app, client.conversations.get(id));
    fill(place, room?.element ?? nothingOpen());
    root.classList.toggle('console-room', id !== '');
    list.show(id);
    room?.focus();
  };
  fill(root, connectionBar(client), h('div', { class: 'panes' }, list.element, place), message.element);
  addEventListener('hashchange', route);
  document.addEventListener('keydown', goToSearch);
  client.conversations.subscribe(() => {
    showUnread(app);
    const { items } = client.conversations;
    const there = room !== undefined && items.some(({ id }) => id === room?.id);
    // Removed by somebody, or left on another device.
    if (listed && !there && room !== undefined) {
      app.say(`You are no longer in ${room.title}.`);
      app.home();
    }
    listed = there;
  });
  app.attempt(client.conversations.load());
  route();
}

function nothingOpen(): HTMLElement {
  return h(
    'div',
    { class: 'nothing-open' },
    h('img', {
      src: document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? '',
      alt: '',
      width: 64,
      height: 64,
    }),
    h('p', {}, 'Choose a conversation, or start a new one.'),
    h(
      'p',
      { class: 'nothing-open-keys' },
      h('kbd', {}, 'Ctrl K'),
      ' search · ',
      h('kbd', {}, '↑ ↓'),
      ' move · ',
      h('kbd', {}, 'Enter'),
      ' open',
    ),
  );
}

function goToSearch(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
  event.preventDefault();
  location.hash = matchMedia('(max-width: 760px)').matches ? '#/' : location.hash;
  document.querySelector<HTMLInputElement>('.search-field')?.select();
}

/** Unread messages of conversations that are not muted, in the tab's title. */
function showUnread({ client }: App): void {
  const unread = client.conversations.items
    .filter(({ membership }) => !membership?.muted && !membership?.archived)
    .reduce((sum, conversation) => sum + conversation.unread, 0);
  document.title = unread > 0 ? `(${unread}) Circuit Mesh` : 'Circuit Mesh';
}
