// The list of members that opens above the field while somebody is being named: arrow keys move, Enter and Tab choose,
// Escape closes. The focus stays in the field.

import { avatar } from '../avatar.ts';
import { fill, h, setAttribute } from '../dom.ts';
import { type Person, peopleFor, queryAt } from './mentions.ts';

export type MentionPickerOptions = {
  readonly field: HTMLTextAreaElement;
  /** Who may be named now. */
  people(): readonly Person[];
  /** A name is in the field. */
  chosen(person: Person): void;
};

export class MentionPicker {
  readonly element = h('ul', { class: 'mention-list', id: 'mention-list', role: 'listbox', 'aria-label': 'Members' });
  readonly #options: MentionPickerOptions;
  #offered: readonly Person[] = [];
  #at = 0;
  /** Where Escape closed it: it does not open again for the same name. */
  #dismissed = -1;

  constructor(options: MentionPickerOptions) {
    const { field } = options;
    this.#options = options;
    this.element.hidden = true;
    for (const [name, value] of [
      ['aria-autocomplete', 'list'],
      ['aria-haspopup', 'listbox'],
      ['aria-controls', this.element.id],
    ] as const) {
      field.setAttribute(name, value);
    }
    field.addEventListener('blur', () => this.close());
    field.addEventListener('click', () => this.update());
    field.addEventListener('keyup', ({ key }) => /^(?:Arrow(?:Left|Right)|Home|End)$/u.test(key) && this.update());
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  /** The text, the caret or the members are others now. */
  update(): void {
    const query = this.#query();
    if (query?.start !== this.#dismissed) this.#dismissed = -1;
    const wanted = query !== undefined && query.start !== this.#dismissed;
    const before = this.#offered[this.#at];
    this.#offered = wanted ? peopleFor(query.words, this.#options.people()) : [];
    const kept = this.#offered.findIndex(({ userKey }) => userKey === before?.userKey);
    this.#at = Math.max(0, kept);
    if (this.#offered.length === 0) this.close();
    else this.#draw();
  }

  /** True where the key was for the list. */
  key(event: KeyboardEvent): boolean {
    if (!this.open || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      this.#at = (this.#at + step + this.#offered.length) % this.#offered.length;
      this.#draw();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) this.#choose(this.#at);
    else if (event.key === 'Escape') {
      this.#dismissed = this.#query()?.start ?? -1;
      this.close();
    } else return false;
    event.preventDefault();
    return true;
  }

  close(): void {
    this.element.hidden = true;
    this.#offered = [];
    this.#at = 0;
    setAttribute(this.#options.field, 'aria-activedescendant', undefined);
  }

  #query() {
    const { selectionStart, selectionEnd, value } = this.#options.field;
    return selectionStart === selectionEnd ? queryAt(value, selectionEnd) : undefined;
  }

  #choose(at: number): void {
    const { field } = this.#options;
    const person = this.#offered[at];
    const query = this.#query();
    this.close();
    if (person === undefined || query === undefined) return;
    const words = `@${person.name} `;
    if (field.value.length - query.words.length - 1 + words.length > field.maxLength) return;
    field.setRangeText(words, query.start, field.selectionEnd, 'end');
    this.#options.chosen(person);
  }

  #draw(): void {
    const options = this.#offered.map(({ userKey, name }, at) => {
      const row = h(
        'li',
        { class: 'mention-option', id: `mention-${userKey}`, role: 'option', 'aria-selected': String(at === this.#at) },
        avatar(userKey, name),
        h('span', {}, name),
      );
      // The field keeps the focus, and the list with it.
      row.addEventListener('pointerdown', (event) => event.preventDefault());
      row.addEventListener('click', () => this.#choose(at));
      return row;
    });
    fill(this.element, ...options);
    this.element.hidden = false;
    setAttribute(this.#options.field, 'aria-activedescendant', `mention-${this.#offered[this.#at]?.userKey}`);
  }
}
