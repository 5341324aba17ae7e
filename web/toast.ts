// One sentence at the foot of the page, read out by screen readers, gone by itself.

import { fill, h } from './dom.ts';

const shownMs = 4_000;

export type Toast = { readonly element: HTMLElement; say(words: string): void };

export function toast(): Toast {
  const element = h('div', { class: 'toast', role: 'status' });
  let handle: ReturnType<typeof setTimeout> | undefined;
  return {
    element,
    say(words) {
      clearTimeout(handle);
      fill(element, words);
      element.classList.add('toast-shown');
      handle = setTimeout(() => element.classList.remove('toast-shown'), shownMs);
    },
  };
}
