// The field to write in: sends with Enter, breaks a line with Shift+Enter, keeps what is not sent as a draft on all
// devices, answers or edits a message, names members by @, and tells the others that somebody types.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { MessageView } from '../../client/chat/conversation-state.ts';
import { previewOf } from '../../client/chat/preview.ts';
import type { Content } from '../../gen/json/api.ts';
import type { App } from '../app.ts';
import { attachMenu } from '../dialogs/attach.ts';
import { afterPause, fill, h } from '../dom.ts';
import { icon } from '../icons.ts';
import { failureWords } from '../words/failures.ts';
import { MentionPicker } from './mention-picker.ts';
import { type Mention, mentionsIn, type Person } from './mentions.ts';

/** The server's limit for a text, in UTF-16 units. */
const textMax = 4_096;
const draftPauseMs = 800;

type Mode = { readonly kind: 'write' } | { readonly kind: 'reply' | 'edit'; readonly message: MessageView };

export class Composer {
  readonly element: HTMLElement;
  /** The arrow up in an empty field. */
  onEditLast: () => void = () => undefined;
  onSent: () => void = () => undefined;
  readonly #app: App;
  readonly #conversation: Conversation;
  readonly #above = h('div', { class: 'composer-above', hidden: true });
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #closed = h('p', { class: 'composer-closed', hidden: true }, 'Only admins write in this channel.');
  readonly #row: HTMLElement;
  readonly #draft = afterPause(draftPauseMs, () => this.#saveDraft());
  readonly #picker: MentionPicker;
  /** Who was meant by a name, for those that several have. */
  readonly #meant = new Map<string, string>();
  #mode: Mode = { kind: 'write' };
  /** All members were asked for. */
  #met = false;
  /** What was last kept as the draft from here, or taken over from there. */
  #kept = '';
  /** The server's draft as it was last seen: only another one is news. */
  #seen = '';

  constructor(app: App, conversation: Conversation) {
    this.#app = app;
    this.#conversation = conversation;
    this.#field = h('textarea', {
      class: 'composer-field',
      rows: 1,
      dir: 'auto',
      maxlength: textMax,
      placeholder: 'Write a message',
      'aria-label': 'Write a message',
      enterkeyhint: 'send',
      oninput: () => this.#typed(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
    this.#send = h('button', { class: 'send', type: 'submit', 'aria-label': 'Send', title: 'Send' }, icon('send'));
    const attach = h(
      'button',
      { class: 'icon-button', type: 'button', 'aria-label': 'Add', title: 'Add', 'aria-haspopup': 'menu' },
      icon('plus'),
    );
    attach.addEventListener('click', () => attachMenu(attach, app, conversation, () => this.onSent()));
    this.#row = h('div', { class: 'composer-row' }, attach, this.#field, this.#send);
    const submit = (event: Event): void => {
      event.preventDefault();
      this.#submit();
    };
    this.#picker = new MentionPicker({
      field: this.#field,
      people: () => this.#people(),
      chosen: ({ userKey, name }) => {
        this.#meant.set(name, userKey);
        this.#typed();
      },
    });
    this.#row.append(this.#picker.element);
    this.element = h('form', { class: 'composer', onsubmit: submit }, this.#above, this.#row, this.#closed);
  }

  draw(): void {
    const { summary, membership } = this.#conversation;
    const silent =
      (summary?.type === 'channel' || summary?.settings?.only_admins_can_send === true) &&
      membership?.role === 'member';
    this.#row.hidden = silent;
    this.#closed.hidden = !silent;
    if (this.#picker.open) this.#picker.update();
    const draft = membership?.draft?.content ?? '';
    if (draft === this.#seen) return;
    this.#seen = draft;
    // Another device's words come in only where this one has none of its own.
    if (this.#mode.kind === 'write' && this.#field.value === this.#kept) {
      this.#kept = draft;
      this.#field.value = draft;
      this.#grow();
    }
  }

  focus(): void {
    this.#field.focus();
  }

  reply(message: MessageView): void {
    this.#become({ kind: 'reply', message });
  }

  edit(message: MessageView): void {
    this.#become({ kind: 'edit', message });
    const words = message.content?.text || message.content?.caption || '';
    // A name of the past means whom it meant.
    for (const { start = 0, end = 0, user_key } of message.content?.formatted_text?.mention ?? []) {
      this.#meant.set(words.slice(start + 1, end), user_key);
    }
    this.#field.value = words;
    this.#grow();
  }

  /** Leaves a reply or an edit; false when there is none. */
  cancel(): boolean {
    if (this.#mode.kind === 'write') return false;
    const edited = this.#mode.kind === 'edit';
    this.#become({ kind: 'write' });
    if (edited) this.#field.value = this.#kept;
    this.#grow();
    return true;
  }

  close(): void {
    this.#draft.now();
    this.#conversation.stopTyping();
  }

  #become(mode: Mode): void {
    this.#mode = mode;
    this.#above.hidden = mode.kind === 'write';
    if (mode.kind !== 'write') {
      const { sender } = mode.message;
      const title =
        mode.kind === 'edit'
          ? 'Edit message'
          : `Reply to ${this.#app.names.object(sender.user_key) || sender.display_name}`;
      fill(
        this.#above,
        icon(mode.kind),
        h('span', { class: 'composer-about' }, h('strong', {}, title), h('span', {}, previewOf(mode.message))),
        h(
          'button',
          { class: 'icon-button', type: 'button', 'aria-label': 'Cancel', onclick: () => this.cancel() },
          icon('close'),
        ),
      );
    }
    this.focus();
  }

  #submit(): void {
    const words = this.#field.value.trim();
    if (words === '') return;
    const mode = this.#mode;
    const mention = mentionsIn(words, this.#people(), this.#meant);
    if (mode.kind === 'edit') {
      const { message_id, content } = mode.message;
      this.#app.attempt(this.#conversation.edit(message_id, rewritten(content, words, mention)));
      this.cancel();
      return;
    }
    const reply = mode.kind === 'reply' ? { reply_to_message_id: mode.message.message_id } : {};
    const mentions = mention.length === 0 ? {} : { mentions: [...new Set(mention.map(({ user_key }) => user_key))] };
    const content = rewritten(undefined, words, mention);
    try {
      this.#conversation.send({ content, metadata: { platform: 'web' }, ...mentions, ...reply });
    } catch (error) {
      this.#app.say(failureWords(error));
      return;
    }
    this.#field.value = '';
    this.#meant.clear();
    this.#become({ kind: 'write' });
    this.#grow();
    this.#draft.cancel();
    this.#saveDraft();
    this.onSent();
  }

  #typed(): void {
    this.#grow();
    this.#picker.update();
    if (this.#field.value.includes('@')) this.#meetMembers();
    if (this.#mode.kind !== 'write') return;
    this.#draft.later();
    if (this.#field.value === '') this.#conversation.stopTyping();
    else this.#conversation.type();
  }

  /** Who may be named: the members that are known here, but the user. */
  #people(): readonly Person[] {
    const { names, me } = this.#app;
    return this.#conversation.members
      .filter(({ user_key }) => user_key !== me.userKey)
      .map(({ user_key }) => ({ userKey: user_key, name: names.of(user_key) }));
  }

  /** Once: a conversation tells only its first members by itself. */
  #meetMembers(): void {
    const { members, summary } = this.#conversation;
    if (this.#met || members.length >= (summary?.member_count ?? 0)) return;
    this.#met = true;
    this.#conversation.loadMembers().catch(() => {
      this.#met = false;
    });
  }

  #saveDraft(): void {
    const words = this.#mode.kind === 'edit' ? this.#kept : this.#field.value;
    if (words === this.#kept) return;
    this.#kept = words;
    this.#conversation.saveDraft(words).catch(() => undefined);
  }

  #key(event: KeyboardEvent): void {
    if (this.#picker.key(event)) return;
    // Enter inside an input method's composition chooses a word; it does not send.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'ArrowUp' && this.#field.value === '') {
      event.preventDefault();
      this.onEditLast();
    }
  }

  #grow(): void {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
    this.#send.classList.toggle('send-ready', this.#field.value.trim() !== '');
  }
}

/** A message's content with other words, and its mentions where they stand now. */
function rewritten(content: Content | undefined, words: string, mention: readonly Mention[]): Content {
  const formatted = mention.length === 0 ? {} : { formatted_text: { mention } };
  if (content === undefined || content.type === 'text') return { type: 'text', text: words, ...formatted };
  const { formatted_text: _before, ...rest } = content;
  return { ...rest, caption: words, ...formatted };
}
