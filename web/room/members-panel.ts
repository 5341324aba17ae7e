// The members beside a conversation: who is in it, with which role, and what an admin can do about it.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { Participant } from '../../gen/json/api.ts';
import { type App, isGroup } from '../app.ts';
import { avatar } from '../avatar.ts';
import { confirmDialog } from '../dialogs/confirm.ts';
import { openDialog, problemLine } from '../dialogs/dialog.ts';
import { peoplePicker } from '../dialogs/people-picker.ts';
import { fill, h } from '../dom.ts';
import { icon } from '../icons.ts';
import { type MenuItem, openMenu } from '../menu.ts';
import { failureWords } from '../words/failures.ts';

const roleOrder = { owner: 0, admin: 1, member: 2 } as const;
const roleWords = { owner: 'Owner', admin: 'Admin', member: '' } as const;

export class MembersPanel {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #list = h('ul', { class: 'people' });
  readonly #title = h('h2', {});
  readonly #add: HTMLButtonElement;
  #opened = false;

  constructor(app: App, conversation: Conversation, close: () => void) {
    this.#app = app;
    this.#conversation = conversation;
    this.#add = h(
      'button',
      { class: 'add-member', type: 'button', onclick: () => this.#addDialog() },
      icon('plus'),
      'Add people',
    );
    this.element = h(
      'aside',
      { class: 'members-panel', 'aria-label': 'Members' },
      h(
        'header',
        {},
        this.#title,
        h(
          'button',
          { class: 'icon-button', type: 'button', 'aria-label': 'Close members', onclick: close },
          icon('close'),
        ),
      ),
      this.#add,
      this.#list,
    );
  }

  open(): void {
    this.#opened = true;
    this.draw();
    this.#app.attempt(this.#conversation.loadMembers());
    this.element.querySelector('button')?.focus();
  }

  draw(): void {
    if (!this.#opened) return;
    const { members, summary } = this.#conversation;
    fill(this.#title, `Members${summary?.member_count ? ` · ${summary.member_count}` : ''}`);
    this.#add.hidden = !isGroup(this.#conversation) || !this.#isAdmin();
    const sorted = [...members].sort((one, other) => roleOrder[one.role] - roleOrder[other.role]);
    fill(this.#list, ...sorted.map((member) => this.#person(member)));
  }

  close(): void {
    this.#opened = false;
  }

  #isAdmin(): boolean {
    const role = this.#conversation.membership?.role;
    return role === 'admin' || role === 'owner';
  }

  #person(member: Participant): HTMLElement {
    const { user_key, role } = member;
    const name = this.#app.names.of(user_key);
    const items = this.#items(member, name);
    const more = h(
      'button',
      { class: 'icon-button', type: 'button', 'aria-label': `More about ${name}`, 'aria-haspopup': 'menu' },
      icon('more'),
    );
    more.addEventListener('click', () => openMenu(more, items));
    return h(
      'li',
      { class: 'member', 'data-member': user_key },
      avatar(user_key, name),
      h(
        'span',
        { class: 'person-words' },
        user_key === this.#app.me.userKey ? `${name} (you)` : name,
        h('span', { class: 'person-key' }, roleWords[role]),
      ),
      items.length > 0 && more,
    );
  }

  #items(member: Participant, name: string): readonly MenuItem[] {
    const { user_key, role } = member;
    const me = this.#app.me.userKey;
    if (user_key === me) return [];
    const write: MenuItem = { icon: 'compose', words: `Write to ${name}`, run: () => this.#write(user_key) };
    if (!isGroup(this.#conversation)) return [];
    const owner = this.#conversation.membership?.role === 'owner';
    const change = (to: 'member' | 'admin' | 'owner') => () =>
      this.#app.attempt(this.#conversation.changeRole(user_key, to));
    const remove: MenuItem = {
      icon: 'remove',
      words: 'Remove from the group',
      danger: true,
      run: () => this.#remove(user_key, name),
    };
    return [
      write,
      ...(owner && role === 'member' ? [{ icon: 'members', words: 'Make admin', run: change('admin') } as const] : []),
      ...(owner && role === 'admin' ? [{ icon: 'members', words: 'Make member', run: change('member') } as const] : []),
      ...(owner ? [{ icon: 'person', words: 'Make owner', run: change('owner') } as const] : []),
      ...(owner || (this.#isAdmin() && role === 'member') ? [remove] : []),
    ];
  }

  #write(userKey: string): void {
    const { conversations } = this.#app.client;
    const made = conversations.create({ type: 'direct', participant_keys: [userKey] });
    this.#app.attempt(made.then(({ id }) => this.#app.open(id)));
  }

  #remove(userKey: string, name: string): void {
    confirmDialog({
      title: `Remove ${name}?`,
      words: 'They will not see what is said here any more.',
      action: 'Remove',
      run: () => this.#app.attempt(this.#conversation.removeMember(userKey)),
    });
  }

  #addDialog(): void {
    const dialog = openDialog('Add people');
    const problem = problemLine();
    const there = this.#conversation.members.map(({ user_key }) => user_key);
    const picker = peoplePicker(this.#app, there, () => false);
    const add = async (): Promise<void> => {
      if (picker.chosen().length === 0) return problem.say('Choose at least one person.');
      try {
        const outcomes = await this.#conversation.addMembers(picker.chosen());
        const unknown = outcomes.filter(({ outcome }) => outcome === 'not_found').map(({ user_key }) => user_key);
        if (unknown.length > 0) problem.say(`Not in this account: ${unknown.join(', ')}.`);
        else dialog.close();
      } catch (error) {
        problem.say(failureWords(error));
      }
    };
    const actions = h(
      'div',
      { class: 'dialog-actions' },
      h('button', { class: 'quiet', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      h('button', { class: 'primary', type: 'button', onclick: add }, 'Add'),
    );
    fill(dialog.body, picker.element, problem.element, actions);
  }
}
