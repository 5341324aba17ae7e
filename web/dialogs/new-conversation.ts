// Begins a conversation: with one person, as a group, or with oneself.

import type { ConversationType } from '../../gen/json/api.ts';
import type { App } from '../app.ts';
import { fill, h } from '../dom.ts';
import { failureWords } from '../words/failures.ts';
import { openDialog, problemLine } from './dialog.ts';
import { peoplePicker } from './people-picker.ts';

type Kind = Extract<ConversationType, 'direct' | 'group' | 'channel' | 'self'>;

const kinds: readonly { readonly kind: Kind; readonly words: string; readonly hint: string }[] = [
  { kind: 'direct', words: 'Person', hint: 'The same two people always have the same conversation.' },
  { kind: 'group', words: 'Group', hint: 'Everybody in it reads and writes.' },
  { kind: 'channel', words: 'Channel', hint: 'Admins write, everybody reads.' },
  { kind: 'self', words: 'Notes', hint: 'A place for yourself, on all your devices.' },
];

export function newConversationDialog(app: App): void {
  const dialog = openDialog('New conversation');
  const problem = problemLine();
  let kind: Kind = 'direct';
  const picker = peoplePicker(app, [app.me.userKey], () => kind === 'direct');
  const name = h('input', {
    type: 'text',
    maxlength: 100,
    placeholder: 'Name, such as “Pond A1 to A4”',
    'aria-label': 'Name',
  });
  const hint = h('p', { class: 'dialog-hint' });

  const draw = (): void => {
    name.hidden = kind !== 'group' && kind !== 'channel';
    picker.element.hidden = kind === 'self';
    fill(hint, kinds.find((each) => each.kind === kind)?.hint);
  };
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    const people = kind === 'self' ? [] : picker.chosen();
    if (kind === 'direct' && people.length !== 1) return problem.say('Choose one person.');
    if (!name.hidden && name.value.trim() === '') return problem.say('Give it a name.');
    const info = name.hidden ? {} : { info: { name: name.value.trim() } };
    try {
      const made = await app.client.conversations.create({ type: kind, participant_keys: people, ...info });
      dialog.close();
      app.open(made.id);
    } catch (error) {
      problem.say(failureWords(error));
    }
  };
  const choices = kinds.map(({ kind: value, words }) => {
    const radio = h('input', {
      type: 'radio',
      name: 'kind',
      value,
      checked: value === kind,
      onchange: () => {
        kind = value;
        draw();
      },
    });
    return h('label', { class: 'choice' }, radio, h('span', {}, words));
  });
  draw();
  fill(
    dialog.body,
    h(
      'form',
      { onsubmit: create },
      h('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'Kind' }, ...choices),
      hint,
      name,
      picker.element,
      problem.element,
      h(
        'div',
        { class: 'dialog-actions' },
        h('button', { class: 'quiet', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { class: 'primary', type: 'submit' }, 'Start'),
      ),
    ),
  );
}
