// A face for people and groups: the first letters on a colour that is always the same for them.

import { h } from './dom.ts';

/** Colours in styles/avatar.css. */
const colours = 8;

/** For the eye only: the name always stands beside it. */
export function avatar(key: string, name: string, kind: 'person' | 'group' = 'person'): HTMLElement {
  const sum = [...key].reduce((total, digit) => Math.imul(total ^ digit.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 8;
  return h('span', { class: `avatar avatar-${sum % colours} avatar-${kind}`, 'aria-hidden': 'true' }, letters(name));
}

function letters(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}
