// A stored message as every member may see it: what events carry. Handlers lay the caller's own over it: status,
// own reactions, the first text of an edited message, the origin of a forwarded one.

import {
  DeletedFor,
  type Message,
  MessageStatus,
  Platform,
  type Reaction,
} from '../../../gen/circuit/chat/v1/message.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { StoredReaction } from '../documents/message-document.ts';
import { aiMetadataOf, originOf } from '../documents/stored-provenance.ts';
import { saidOf } from '../documents/stored-said.ts';
import { platforms, senderKinds, senderRoles } from '../documents/words.ts';
import { reactionTypeOf } from '../messages/reaction-type.ts';

export function messageOf(document: MessageDocument): Message {
  const { sender, reply_to, forwarded_from, edited, deleted, metadata } = document;
  const said = saidOf(document);
  // Spelled out: every send passes here twice, and a spread of this size costs more than all the rest of it.
  return {
    messageId: document._id,
    conversationId: document.conversation_id,
    accountKey: document.account_key,
    seq: document.seq,
    number: document.content?.type === 'system' || sender.kind === 'system' ? 0 : document.number,
    changed: document.changed,
    sender: {
      kind: senderKinds[sender.kind],
      userKey: sender.user_key ?? '',
      displayName: sender.display_name ?? '',
      avatarUrl: sender.avatar_url ?? '',
      externalId: sender.external_id ?? '',
      role: senderRoles[sender.kind],
    },
    content: said.content,
    attachments: said.attachments,
    location: said.location,
    contact: said.contact,
    poll: said.poll,
    sticker: said.sticker,
    system: said.system,
    replyTo: reply_to && {
      messageId: reply_to.message_id,
      senderKey: reply_to.sender_key,
      contentPreview: reply_to.content_preview,
    },
    forwardedFrom: forwarded_from && {
      originalMessageId: '',
      originalSenderName: '',
      forwardCount: forwarded_from.forward_count,
    },
    reactions: document.reactions?.map(reactionOf) ?? [],
    mentions: said.mentions,
    status: MessageStatus.MESSAGE_STATUS_UNSPECIFIED,
    edited: edited && {
      isEdited: true,
      editedAt: edited.edited_at,
      originalContent: '',
      editCount: edited.edit_count,
    },
    deleted: deleted && {
      isDeleted: true,
      deletedAt: deleted.deleted_at,
      deletedFor: DeletedFor.DELETED_FOR_EVERYONE,
      deletedBy: deleted.deleted_by,
    },
    expiresAt: document.expires_at,
    metadata: {
      clientMessageId: metadata.client_message_id,
      platform: metadata.platform ? platforms[metadata.platform] : Platform.PLATFORM_UNSPECIFIED,
      appVersion: metadata.app_version ?? '',
    },
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    ownReactions: [],
    deliveryStatus: noDeliveryStatus,
    deliveryCounts: undefined,
    aiMetadata: document.ai_metadata && aiMetadataOf(document.ai_metadata),
    origin: document.origin && originOf(document.origin),
  };
}

const noDeliveryStatus: Message['deliveryStatus'] = new Map();

function reactionOf({ emoji, user_keys, count }: StoredReaction): Reaction {
  return { emoji, userKeys: user_keys, count, reactionType: reactionTypeOf(emoji) };
}
