// One message as a row: a bubble with its contents, its reactions, and when and how far it has come; or a notice.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { MessageView } from '../../client/chat/conversation-state.ts';
import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { contentOf } from '../content/content.ts';
import { foldable, isLong } from '../content/fold.ts';
import { h } from '../dom.ts';
import { icon } from '../icons.ts';
import { onMenuGesture } from '../menu-gesture.ts';
import { failureWords } from '../words/failures.ts';
import { noticeWords } from '../words/notices.ts';
import { momentOf, timeOf } from '../words/times.ts';
import { type MessageVerbs, messageMenu, reactionMenu } from './message-menu.ts';

/** What can be done with a message, and from it. */
export type RowVerbs = MessageVerbs & {
  show(messageId: string): void;
  /** Whether a long text was unfolded, by the message's key. */
  isWhole(key: string): boolean;
  setWhole(key: string, whole: boolean): void;
};

export type RowContext = {
  readonly app: App;
  readonly conversation: Conversation;
  /** It stands below one of the same sender. */
  readonly follows: boolean;
  /** One of the same sender stands below it. */
  readonly followed: boolean;
};

/** What a row's looks depend on beside its message. */
export function lookOf({ app, conversation, follows, followed }: RowContext): string {
  return [follows, followed, app.names.version, conversation.summary?.type].join();
}

export function messageRow(message: MessageView, context: RowContext, verbs: RowVerbs): HTMLElement {
  return message.content?.type === 'system' ? noticeRow(message, context) : bubbleRow(message, context, verbs);
}

function noticeRow(message: MessageView, { app, conversation }: RowContext): HTMLElement {
  const words = noticeWords(message, app.names, conversation.summary?.type === 'direct');
  return h('li', { class: 'notice', title: momentOf(message.created_at) }, h('span', {}, words));
}

function bubbleRow(message: MessageView, context: RowContext, verbs: RowVerbs): HTMLElement {
  const { app, conversation, follows, followed } = context;
  const own = message.sender.user_key === app.me.userKey;
  const name = own ? 'You' : message.sender.display_name || app.names.of(message.sender.user_key);
  const withFace = !own && conversation.summary?.type !== 'direct';
  const classes = [
    'message',
    own ? 'own' : 'theirs',
    follows && 'follows',
    followed && 'followed',
    `is-${message.status ?? 'shown'}`,
  ];
  const row = h(
    'li',
    {
      class: classes.filter(Boolean).join(' '),
      tabindex: '-1',
      'aria-label': `${name}, ${timeOf(message.created_at)}`,
    },
    withFace && (followed ? h('span', { class: 'avatar-gap' }) : avatar(message.sender.user_key || name, name)),
    h(
      'div',
      { class: 'message-stack' },
      withFace && !follows && h('span', { class: 'message-name' }, name),
      h(
        'div',
        { class: 'message-line' },
        bubble(message, app, verbs),
        message.message_id && !message.deleted && quickActions(message, context, verbs),
      ),
      reactions(message, context),
      message.status === 'failed' && failure(message, conversation),
    ),
  );
  onMenuGesture(row, () => messageMenu(row.querySelector('.bubble') ?? row, message, app, conversation, verbs));
  return row;
}

function bubble(message: MessageView, app: App, verbs: RowVerbs): HTMLElement {
  const deleted = message.deleted?.is_deleted ?? false;
  const sticker = message.content?.type === 'sticker';
  return h(
    'div',
    { class: `bubble${deleted ? ' bubble-deleted' : ''}${sticker ? ' bubble-sticker' : ''}` },
    !deleted && message.forwarded_from && forwarded(message.forwarded_from),
    !deleted && message.reply_to && quote(message.reply_to, app, verbs),
    deleted ? h('p', { class: 'message-text' }, 'This message was deleted') : words(message, app, verbs),
    h(
      'span',
      { class: 'message-foot' },
      message.edited?.is_edited &&
        !deleted &&
        h('span', { class: 'message-edited', title: momentOf(message.edited.edited_at) }, 'edited'),
      h('time', { title: momentOf(message.created_at) }, timeOf(message.created_at)),
      tick(message.status),
    ),
  );
}

function words(message: MessageView, app: App, verbs: RowVerbs): HTMLElement {
  const { key, content } = message;
  const drawn = contentOf(message, app.names);
  if (content?.type !== 'text' || !isLong(content.text ?? '')) return drawn;
  return foldable(drawn, verbs.isWhole(key), (whole) => verbs.setWhole(key, whole));
}

const ticks = {
  sending: ['clock', 'on its way'],
  sent: ['tick', 'sent'],
  delivered: ['ticks', 'delivered'],
  read: ['ticks', 'read'],
  failed: ['warning', 'not sent'],
} as const;

/** Whether a row needs nothing but another tick: then it is not drawn, nor read out, again. */
export function differInTick(drawn: MessageView, message: MessageView): boolean {
  const { changed, message_id, seq, error } = message;
  const same =
    drawn.changed === changed && drawn.message_id === message_id && drawn.seq === seq && drawn.error === error;
  return same && message_id !== '' && drawn.status !== message.status;
}

/** Shows how far a message has come now. */
export function drawTick(row: HTMLElement, status: MessageView['status']): void {
  const next = tick(status);
  if (next !== undefined) row.querySelector('.tick')?.replaceWith(next);
}

function tick(status: MessageView['status']): HTMLElement | undefined {
  if (status === undefined) return undefined;
  const [name, words] = ticks[status];
  return h('span', { class: `tick tick-${status}`, title: words }, icon(name), h('span', { class: 'unseen' }, words));
}

function forwarded({
  original_sender_name,
  forward_count = 0,
}: NonNullable<MessageView['forwarded_from']>): HTMLElement {
  const from = original_sender_name ? ` from ${original_sender_name}` : '';
  return h(
    'p',
    { class: 'message-forwarded' },
    icon('forward'),
    forward_count >= 5 ? 'Forwarded many times' : `Forwarded${from}`,
  );
}

function quote(
  { message_id, sender_key, content_preview }: NonNullable<MessageView['reply_to']>,
  app: App,
  verbs: RowVerbs,
): HTMLElement {
  return h(
    'button',
    { class: 'quote', type: 'button', onclick: () => verbs.show(message_id) },
    h('strong', {}, app.names.subject(sender_key)),
    h('span', { dir: 'auto' }, content_preview || 'Message deleted'),
  );
}

function reactions(message: MessageView, { app, conversation }: RowContext): HTMLElement | undefined {
  const { reactions: given = [], own_reactions: own = [], message_id } = message;
  if (given.length === 0) return undefined;
  const buttons = given.map(({ emoji, count, user_keys = [] }) => {
    const mine = own.includes(emoji) || user_keys.includes(app.me.userKey);
    const who = user_keys.map((key) => app.names.subject(key)).join(', ');
    return h(
      'button',
      {
        class: mine ? 'reaction reaction-own' : 'reaction',
        type: 'button',
        'aria-pressed': String(mine),
        title: who,
        'aria-label': `${emoji}, ${count}: ${who}`,
        onclick: () => app.attempt(conversation.react(message_id, emoji, !mine)),
      },
      emoji,
      h('span', {}, `${count}`),
    );
  });
  return h('div', { class: 'reactions' }, ...buttons);
}

/** For a pointer; by keyboard the same stands in the menu, and on a touch screen a long press opens it. */
function quickActions(message: MessageView, { app, conversation }: RowContext, verbs: MessageVerbs): HTMLElement {
  const button = (name: 'react' | 'reply' | 'more', label: string, run: (anchor: HTMLElement) => void) =>
    h(
      'button',
      {
        class: 'quick',
        type: 'button',
        tabindex: '-1',
        title: label,
        'aria-label': label,
        onclick: (event: Event) => run(event.currentTarget as HTMLElement),
      },
      icon(name),
    );
  return h(
    'div',
    { class: 'quick-actions' },
    button('react', 'React', (anchor) => reactionMenu(anchor, message, app, conversation)),
    button('reply', 'Reply', () => verbs.reply(message)),
    button('more', 'More', (anchor) => messageMenu(anchor, message, app, conversation, verbs)),
  );
}

function failure(message: MessageView, conversation: Conversation): HTMLElement {
  return h(
    'p',
    { class: 'message-failure' },
    failureWords(message.error),
    h('button', { type: 'button', onclick: () => conversation.retry(message.key) }, 'Try again'),
    h('button', { type: 'button', onclick: () => conversation.discard(message.key) }, 'Discard'),
  );
}
