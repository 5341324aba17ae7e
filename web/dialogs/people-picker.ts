// Chooses people: those the console has met, or anybody by the 12 digits of their user key.

import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { fill, h } from '../dom.ts';

const keyShape = /^\d{12}$/;

export type PeoplePicker = { readonly element: HTMLElement; readonly chosen: () => readonly string[] };

/** `except` are not offered; with `single` the last choice wins. */
export function peoplePicker(app: App, except: readonly string[], single: () => boolean): PeoplePicker {
  const chosen = new Set<string>();
  const list = h('ul', { class: 'people', 'aria-label': 'People' });
  const typed = h('input', {
    type: 'text',
    inputmode: 'numeric',
    maxlength: 12,
    placeholder: 'Or a user key, 12 digits',
    'aria-label': 'User key',
    oninput: () => {
      if (!keyShape.test(typed.value)) return;
      choose(typed.value, true);
      extra.add(typed.value);
      typed.value = '';
      draw();
    },
  });
  const extra = new Set<string>();
  const choose = (userKey: string, on: boolean): void => {
    if (single()) chosen.clear();
    if (on) chosen.add(userKey);
    else chosen.delete(userKey);
  };
  const draw = (): void => {
    const known = app.names.others().map(({ userKey }) => userKey);
    const keys = [...new Set([...known, ...extra])].filter((key) => !except.includes(key));
    fill(list, ...keys.map(person));
  };
  const person = (userKey: string): HTMLElement => {
    const box = h('input', {
      type: 'checkbox',
      value: userKey,
      checked: chosen.has(userKey),
      onchange: () => {
        choose(userKey, box.checked);
        draw();
        list.querySelector<HTMLInputElement>(`input[value="${userKey}"]`)?.focus();
      },
    });
    const name = app.names.of(userKey);
    const words = h(
      'span',
      { class: 'person-words' },
      name,
      h('span', { class: 'person-key' }, name === userKey ? '' : userKey),
    );
    return h('li', {}, h('label', { class: 'person' }, avatar(userKey, name), words, box));
  };
  draw();
  return { element: h('div', { class: 'people-picker' }, list, typed), chosen: () => [...chosen] };
}
