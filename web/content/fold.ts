// A long text shows its beginning until its reader asks for the rest.

import { h } from '../dom.ts';

const linesMax = 24;
const lettersMax = 1_600;

export function isLong(text: string): boolean {
  return text.length > lettersMax || text.split('\n', linesMax + 1).length > linesMax;
}

/** The words, folded or whole, and the button that turns the one into the other; `turned` hears of it afterwards. */
export function foldable(words: HTMLElement, isWhole: boolean, turned: (whole: boolean) => void): HTMLElement {
  let whole = isWhole;
  const button = h('button', { class: 'fold-turn', type: 'button' });
  const draw = (): void => {
    words.classList.toggle('folded', !whole);
    button.setAttribute('aria-expanded', String(whole));
    button.textContent = whole ? 'Show less' : 'Show more';
  };
  button.addEventListener('click', () => {
    whole = !whole;
    draw();
    turned(whole);
  });
  draw();
  return h('div', { class: 'fold' }, words, button);
}
