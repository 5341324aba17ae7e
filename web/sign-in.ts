// The first page: two ready users to choose from, or a token of one's own.

import { avatar } from './avatar.ts';
import { fill, h } from './dom.ts';
import { readyUsers, type SignedIn, signInAs, signInWithToken } from './session.ts';

/** Shows the page; resolves once somebody has signed in. */
export function signInPage(root: HTMLElement): Promise<SignedIn> {
  return new Promise((resolve) => {
    const problem = h('p', { class: 'sign-in-problem', role: 'alert' });
    const fail = (error: unknown): void => fill(problem, error instanceof Error ? error.message : String(error));
    const users = readyUsers.map(({ user_key, display_name, role }) =>
      h(
        'button',
        {
          class: 'ready-user',
          type: 'button',
          'data-user': user_key,
          onclick: () => signInAs(user_key).then(resolve, fail),
        },
        avatar(user_key, display_name),
        h('span', { class: 'ready-user-words' }, h('strong', {}, display_name), h('span', {}, role)),
      ),
    );
    const token = h('textarea', {
      id: 'token',
      rows: 3,
      spellcheck: 'false',
      autocomplete: 'off',
      placeholder: 'eyJ…',
    });
    const useToken = (event: Event): void => {
      event.preventDefault();
      const signedIn = signInWithToken(token.value);
      if (signedIn === undefined) fail('This is not a token of a user.');
      else resolve(signedIn);
    };
    fill(
      root,
      h(
        'main',
        { class: 'sign-in' },
        h('img', { class: 'sign-in-mark', src: markUrl(), alt: '', width: 56, height: 56 }),
        h('h1', {}, 'Circuit Mesh'),
        h('p', { class: 'sign-in-lead' }, 'Conversations from pond, field and barn. Who are you?'),
        h('div', { class: 'ready-users', role: 'group', 'aria-label': 'Ready users' }, ...users),
        problem,
        h(
          'details',
          { class: 'sign-in-token' },
          h('summary', {}, 'Sign in with a token'),
          h(
            'form',
            { onsubmit: useToken },
            h('label', { for: 'token' }, 'Token'),
            token,
            h('button', { class: 'primary', type: 'submit' }, 'Sign in'),
          ),
        ),
      ),
    );
  });
}

/** The page's own icon. */
function markUrl(): string {
  return document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? '';
}
