// Passes a message on to another conversation.

import type { Conversation } from '../../client/chat/conversation.ts';
import type { App } from '../app.ts';
import { avatar } from '../avatar.ts';
import { fill, h } from '../dom.ts';
import { openDialog } from './dialog.ts';

export function forwardDialog(app: App, from: Conversation, messageId: string): void {
  const dialog = openDialog('Forward to');
  const pass = (to: Conversation): void => {
    dialog.close();
    app.attempt(from.forward(messageId, to.id).then(() => app.open(to.id)));
  };
  const rows = app.client.conversations.items.map((conversation) => {
    const title = app.names.titleOf(conversation);
    const kind = conversation.summary?.type === 'direct' ? 'person' : 'group';
    return h(
      'li',
      {},
      h(
        'button',
        { class: 'person', type: 'button', 'data-conversation': conversation.id, onclick: () => pass(conversation) },
        avatar(app.names.faceOf(conversation), title, kind),
        h('span', { class: 'person-words' }, title),
      ),
    );
  });
  fill(dialog.body, h('ul', { class: 'people' }, ...rows));
}
