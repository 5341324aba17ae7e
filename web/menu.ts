// A menu of actions below a button or at a point: arrow keys move, Enter chooses, Escape and a click outside close it.

import { fill, h } from './dom.ts';
import { type IconName, icon } from './icons.ts';

export type MenuItem = {
  readonly icon: IconName;
  readonly words: string;
  readonly danger?: boolean;
  run(): void;
};

const marginPx = 8;

/** Opens a menu; `extra` stands above its items. Focus goes back to where it was when it closes. */
export function openMenu(
  anchor: Element,
  items: readonly MenuItem[],
  extra?: (close: () => void) => HTMLElement,
): void {
  const before = document.activeElement as HTMLElement | null;
  const end = new AbortController();
  const close = (): void => {
    end.abort();
    menu.remove();
    if (before?.isConnected) before.focus();
  };
  const buttons = items.map(({ icon: name, words, danger = false, run }) => {
    const choose = (): void => {
      close();
      run();
    };
    const kind = danger ? 'menu-item menu-danger' : 'menu-item';
    return h('button', { class: kind, role: 'menuitem', type: 'button', onclick: choose }, icon(name), words);
  });
  // Closed by hand: the browser's own way takes the finger that opened it, when it is lifted, for one beside it.
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'manual', tabindex: '-1' });
  fill(menu, extra?.(close), ...buttons);
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' && event.key !== 'Tab') return move(event, menu);
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  const beside = (event: Event): void => {
    if (!menu.contains(event.target as Node)) close();
  };
  document.addEventListener('pointerdown', beside, { capture: true, signal: end.signal });
  document.body.append(menu);
  menu.showPopover();
  place(menu, anchor);
  (menu.querySelector('button') ?? menu).focus();
}

function move(event: KeyboardEvent, menu: HTMLElement): void {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const buttons = [...menu.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}

/** Below the anchor where there is room, else above; never beyond the page's edge. */
function place(menu: HTMLElement, anchor: Element): void {
  const { left, right, top, bottom } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const { innerWidth, innerHeight } = window;
  const x = left + width + marginPx > innerWidth ? right - width : left;
  const y = bottom + height + marginPx > innerHeight ? top - height - 4 : bottom + 4;
  menu.style.left = `${Math.max(marginPx, Math.min(x, innerWidth - width - marginPx))}px`;
  menu.style.top = `${Math.max(marginPx, Math.min(y, innerHeight - height - marginPx))}px`;
}
