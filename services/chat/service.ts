// Chat: conversations, messages, receipts, typing, catching up. This table is the only registry of its handlers: each
// RPC has one file, in the folder of its feature, and its test beside it.

import { ChatServiceService } from '../../gen/circuit/chat/v1/chat_service.ts';
import { defineService } from '../../mesh/service/define-service.ts';
import { collections } from './collections.ts';
import { createConversation } from './conversations/create-conversation.ts';
import { deleteConversation } from './conversations/delete-conversation.ts';
import { getConversation } from './conversations/get-conversation.ts';
import { listConversations } from './conversations/list-conversations.ts';
import { addMembers } from './members/add-members.ts';
import { changeRole } from './members/change-role.ts';
import { leaveConversation } from './members/leave-conversation.ts';
import { listMembers } from './members/list-members.ts';
import { removeMember } from './members/remove-member.ts';
import { deleteMessage } from './messages/delete-message.ts';
import { editMessage } from './messages/edit-message.ts';
import { forwardMessage } from './messages/forward-message.ts';
import { getMessage } from './messages/get-message.ts';
import { listEdits } from './messages/list-edits.ts';
import { listMessages } from './messages/list-messages.ts';
import { listReactions } from './messages/list-reactions.ts';
import { postSystemMessage } from './messages/post-system-message.ts';
import { react } from './messages/react.ts';
import { sendMessage } from './messages/send-message.ts';
import { unreact } from './messages/unreact.ts';
import { openChatState } from './open-chat-state.ts';
import { listReceipts } from './receipts/list-receipts.ts';
import { markDelivered } from './receipts/mark-delivered.ts';
import { markRead } from './receipts/mark-read.ts';
import { archiveConversation } from './settings/archive-conversation.ts';
import { muteConversation } from './settings/mute-conversation.ts';
import { pinConversation } from './settings/pin-conversation.ts';
import { saveDraft } from './settings/save-draft.ts';
import { sync } from './sync/sync.ts';
import { startTyping } from './typing/start-typing.ts';
import { stopTyping } from './typing/stop-typing.ts';
import { chatUsers } from './users/chat-users.ts';
import { knowingCallers } from './users/knowing-callers.ts';
import { putUsers } from './users/put-users.ts';

export const chatService = defineService({
  name: 'chat',
  definition: ChatServiceService,
  collections: [...collections, chatUsers],
  open: openChatState,
  handlers: knowingCallers({
    createConversation,
    getConversation,
    listConversations,
    deleteConversation,

    listMembers,
    addMembers,
    removeMember,
    leaveConversation,
    changeRole,

    sendMessage,
    postSystemMessage,
    forwardMessage,
    getMessage,
    listMessages,
    editMessage,
    listEdits,
    deleteMessage,
    react,
    unreact,
    listReactions,

    markRead,
    markDelivered,
    listReceipts,
    startTyping,
    stopTyping,

    muteConversation,
    pinConversation,
    archiveConversation,
    saveDraft,

    sync,
    putUsers,
  }),
});
