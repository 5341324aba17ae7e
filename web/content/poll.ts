// A poll with how many chose what.

import type { Poll } from '../../gen/json/api.ts';
import { h } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Names } from '../words/names.ts';

export function pollOf({ question, options, multiple_choice, anonymous, closed }: Poll, names: Names): HTMLElement {
  const all = options.reduce((sum, { vote_count = 0 }) => sum + vote_count, 0);
  const kind = [multiple_choice && 'several answers', anonymous && 'anonymous', closed && 'closed']
    .filter(Boolean)
    .join(', ');
  const rows = options.map(({ text, vote_count = 0, votes = [] }) =>
    h(
      'li',
      { title: votes.map((key) => names.of(key)).join(', ') },
      h('span', { class: 'poll-option' }, h('span', {}, text), h('span', {}, vote_count === 0 ? '' : `${vote_count}`)),
      h('progress', { max: Math.max(1, all), value: vote_count, 'aria-label': `${text}: ${vote_count}` }),
    ),
  );
  return h(
    'div',
    { class: 'poll' },
    h('p', { class: 'poll-question' }, icon('poll'), h('strong', {}, question)),
    kind !== '' && h('p', { class: 'poll-kind' }, kind),
    h('ul', {}, ...rows),
    h('p', { class: 'poll-total' }, all === 1 ? '1 vote' : `${all} votes`),
  );
}
