// A modal dialog on the browser's own: focus stays in it, Escape and a click beside it close it.

import { fill, h } from '../dom.ts';
import { icon } from '../icons.ts';

export type Dialog = { readonly body: HTMLElement; close(): void };

export function openDialog(title: string): Dialog {
  const before = document.activeElement as HTMLElement | null;
  const body = h('div', { class: 'dialog-body' });
  const close = (): void => dialog.close();
  const dialog = h(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'dialog-title' },
    h(
      'header',
      { class: 'dialog-header' },
      h('h2', { id: 'dialog-title' }, title),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': 'Close', onclick: close }, icon('close')),
    ),
    body,
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  // The dialog itself is hit only beside its contents.
  dialog.addEventListener('pointerdown', (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { body, close };
}

/** A line in which a dialog says what is wrong. */
export function problemLine(): { readonly element: HTMLElement; say(words: string): void } {
  const element = h('p', { class: 'dialog-problem', role: 'alert' });
  return { element, say: (words) => fill(element, words) };
}
