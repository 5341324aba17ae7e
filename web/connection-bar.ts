// Says that the connection is away, but only when it stays away: a reconnect that takes a moment is nobody's business.

import type { Client } from '../client/connect.ts';
import { fill, h } from './dom.ts';
import { signOut } from './session.ts';

const patienceMs = 2_000;

export function connectionBar(client: Client): HTMLElement {
  const element = h('div', { class: 'connection-bar', role: 'status', hidden: true });
  let handle: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    const { state } = client;
    document.body.dataset.connection = state.name;
    element.hidden = state.name === 'online';
    if (state.name === 'closed') {
      fill(
        element,
        h('span', {}, 'You were signed out.'),
        h('button', { type: 'button', onclick: signOut }, 'Sign in again'),
      );
    } else if (state.name === 'offline') {
      fill(
        element,
        h('span', {}, 'Offline. What you write is kept and sent when you are back.'),
        h('button', { type: 'button', onclick: () => client.reconnectNow() }, 'Try now'),
      );
    } else {
      fill(element, h('span', {}, state.name === 'connecting' ? 'Connecting…' : 'Catching up…'));
    }
  };
  client.subscribe(() => {
    const { name } = client.state;
    if (name === 'online' || name === 'closed' || !element.hidden) {
      clearTimeout(handle);
      handle = undefined;
      show();
    } else {
      handle ??= setTimeout(() => {
        handle = undefined;
        show();
      }, patienceMs);
    }
  });
  document.body.dataset.connection = client.state.name;
  return element;
}
