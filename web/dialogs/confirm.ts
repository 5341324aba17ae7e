// Asks before something that can't be taken back.

import { fill, h } from '../dom.ts';
import { openDialog } from './dialog.ts';

export type Question = { readonly title: string; readonly words: string; readonly action: string; run(): void };

export function confirmDialog({ title, words, action, run }: Question): void {
  const { body, close } = openDialog(title);
  const go = h(
    'button',
    {
      class: 'danger',
      type: 'button',
      onclick: () => {
        close();
        run();
      },
    },
    action,
  );
  fill(
    body,
    h('p', {}, words),
    h(
      'div',
      { class: 'dialog-actions' },
      h('button', { class: 'quiet', type: 'button', onclick: close }, 'Cancel'),
      go,
    ),
  );
  go.focus();
}
