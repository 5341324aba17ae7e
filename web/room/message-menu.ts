// What can be done with one message.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { MessageView } from '../../client/chat/conversation-state.ts';
import type { App } from '../app.ts';
import { confirmDialog } from '../dialogs/confirm.ts';
import { forwardDialog } from '../dialogs/forward.ts';
import { h } from '../dom.ts';
import { type MenuItem, openMenu } from '../menu.ts';

/** What the field to write in does with a message. */
export type MessageVerbs = { reply(message: MessageView): void; edit(message: MessageView): void };

const quickEmojis = ['👍', '❤️', '😂', '😮', '🙏', '🐟'] as const;

export function messageMenu(
  anchor: Element,
  message: MessageView,
  app: App,
  conversation: Conversation,
  verbs: MessageVerbs,
): void {
  const items = itemsOf(message, app, conversation, verbs);
  if (items.length === 0) return;
  const emojis = message.message_id && !message.deleted ? emojiRow(message, app, conversation) : undefined;
  openMenu(anchor, items, emojis);
}

export function reactionMenu(anchor: Element, message: MessageView, app: App, conversation: Conversation): void {
  openMenu(anchor, [], emojiRow(message, app, conversation));
}

function itemsOf(message: MessageView, app: App, conversation: Conversation, verbs: MessageVerbs): readonly MenuItem[] {
  const { message_id: id, content, deleted } = message;
  const own = message.sender.user_key === app.me.userKey;
  const admin = conversation.membership?.role === 'admin' || conversation.membership?.role === 'owner';
  const words = content?.text || content?.caption || '';
  if (!id) {
    return [{ icon: 'remove', words: 'Discard', danger: true, run: () => conversation.discard(message.key) }];
  }
  const forSelf: MenuItem = {
    icon: 'remove',
    words: 'Delete for me',
    danger: true,
    run: () => app.attempt(conversation.remove(id, 'self')),
  };
  if (deleted?.is_deleted) return [forSelf];
  const copy: MenuItem = { icon: 'copy', words: 'Copy', run: () => app.attempt(copied(words)) };
  const edit: MenuItem = { icon: 'edit', words: 'Edit', run: () => verbs.edit(message) };
  const forEveryone: MenuItem = {
    icon: 'remove',
    words: 'Delete for everyone',
    danger: true,
    run: () =>
      confirmDialog({
        title: 'Delete for everyone?',
        words: 'What it said is gone for everybody. That it was there stays visible.',
        action: 'Delete',
        run: () => app.attempt(conversation.remove(id, 'everyone')),
      }),
  };
  return [
    { icon: 'reply', words: 'Reply', run: () => verbs.reply(message) },
    { icon: 'forward', words: 'Forward', run: () => forwardDialog(app, conversation, id) },
    ...(words === '' ? [] : [copy]),
    ...(own && words !== '' ? [edit] : []),
    forSelf,
    ...(own || admin ? [forEveryone] : []),
  ];
}

/** A page that is not secure has no clipboard. */
const copied = async (words: string): Promise<void> => navigator.clipboard.writeText(words);

function emojiRow(message: MessageView, app: App, conversation: Conversation): (close: () => void) => HTMLElement {
  const { own_reactions: own = [], message_id } = message;
  return (close) =>
    h(
      'div',
      { class: 'menu-emojis', role: 'group', 'aria-label': 'React' },
      ...quickEmojis.map((emoji) =>
        h(
          'button',
          {
            type: 'button',
            'aria-label': `React with ${emoji}`,
            'aria-pressed': String(own.includes(emoji)),
            onclick: () => {
              close();
              app.attempt(conversation.react(message_id, emoji, !own.includes(emoji)));
            },
          },
          emoji,
        ),
      ),
    );
}
