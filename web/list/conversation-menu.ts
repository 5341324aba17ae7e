// What can be done with a conversation as a whole: the same in the list and in its header.

import type { Conversation } from '../../client/chat/conversation.ts';
import { type App, isGroup } from '../app.ts';
import { confirmDialog } from '../dialogs/confirm.ts';
import type { MenuItem } from '../menu.ts';

export function conversationMenu(app: App, conversation: Conversation): readonly MenuItem[] {
  const { membership } = conversation;
  const { muted = false, pinned = false, archived = false } = membership ?? {};
  const group = isGroup(conversation);
  return [
    { icon: 'pin', words: pinned ? 'Unpin' : 'Pin to the top', run: () => app.attempt(conversation.pin(!pinned)) },
    { icon: 'mute', words: muted ? 'Unmute' : 'Mute', run: () => app.attempt(conversation.mute(!muted)) },
    {
      icon: 'archive',
      words: archived ? 'Take out of the archive' : 'Archive',
      run: () => app.attempt(conversation.archive(!archived)),
    },
    {
      icon: group ? 'leave' : 'remove',
      words: group ? 'Leave the group' : 'Delete for me',
      danger: true,
      run: () => leave(app, conversation, group),
    },
  ];
}

function leave(app: App, conversation: Conversation, group: boolean): void {
  const title = app.names.titleOf(conversation);
  confirmDialog({
    title: group ? `Leave ${title}?` : `Delete the conversation with ${title}?`,
    words: group
      ? 'You will not see what is said there any more. An admin can add you again.'
      : 'It goes from your list and its history is cleared for you, until the next message.',
    action: group ? 'Leave' : 'Delete',
    run: () => {
      app.attempt(conversation.delete());
      app.home();
    },
  });
}
