// Enums as the store and JSON write them: lower-case words. One table each, both ways.

import { ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import { ConversationMedium, ConversationType, MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { OriginDirection, Platform, SenderKind, SenderRole } from '../../../gen/circuit/chat/v1/message.ts';
import type { ConversationTypeWord, MediumWord } from './conversation-document.ts';
import type { RoleWord } from './member-row.ts';
import type { ContentTypeWord, StoredOrigin, StoredSender } from './message-document.ts';

type PlatformWord = 'ios' | 'android' | 'web';
type SenderWord = StoredSender['kind'];

export const contentTypes: Readonly<Record<ContentTypeWord, ContentType>> = {
  text: ContentType.CONTENT_TYPE_TEXT,
  image: ContentType.CONTENT_TYPE_IMAGE,
  video: ContentType.CONTENT_TYPE_VIDEO,
  audio: ContentType.CONTENT_TYPE_AUDIO,
  voice: ContentType.CONTENT_TYPE_VOICE,
  document: ContentType.CONTENT_TYPE_DOCUMENT,
  sticker: ContentType.CONTENT_TYPE_STICKER,
  gif: ContentType.CONTENT_TYPE_GIF,
  location: ContentType.CONTENT_TYPE_LOCATION,
  contact: ContentType.CONTENT_TYPE_CONTACT,
  poll: ContentType.CONTENT_TYPE_POLL,
  system: ContentType.CONTENT_TYPE_SYSTEM,
};

export const conversationTypes: Readonly<Record<ConversationTypeWord, ConversationType>> = {
  direct: ConversationType.CONVERSATION_TYPE_DIRECT,
  group: ConversationType.CONVERSATION_TYPE_GROUP,
  channel: ConversationType.CONVERSATION_TYPE_CHANNEL,
  broadcast: ConversationType.CONVERSATION_TYPE_BROADCAST,
  self: ConversationType.CONVERSATION_TYPE_SELF,
};

export const roles: Readonly<Record<RoleWord, MemberRole>> = {
  member: MemberRole.MEMBER_ROLE_MEMBER,
  admin: MemberRole.MEMBER_ROLE_ADMIN,
  owner: MemberRole.MEMBER_ROLE_OWNER,
};

export const platforms: Readonly<Record<PlatformWord, Platform>> = {
  ios: Platform.PLATFORM_IOS,
  android: Platform.PLATFORM_ANDROID,
  web: Platform.PLATFORM_WEB,
};

export const senderKinds: Readonly<Record<SenderWord, SenderKind>> = {
  user: SenderKind.SENDER_KIND_USER,
  agent: SenderKind.SENDER_KIND_AGENT,
  system: SenderKind.SENDER_KIND_SYSTEM,
  guest: SenderKind.SENDER_KIND_GUEST,
};

/** What each is to a language model. */
export const senderRoles: Readonly<Record<SenderWord, SenderRole>> = {
  user: SenderRole.SENDER_ROLE_USER,
  agent: SenderRole.SENDER_ROLE_ASSISTANT,
  system: SenderRole.SENDER_ROLE_SYSTEM,
  guest: SenderRole.SENDER_ROLE_USER,
};

export const media: Readonly<Record<MediumWord, ConversationMedium>> = {
  chat: ConversationMedium.CONVERSATION_MEDIUM_CHAT,
  voice: ConversationMedium.CONVERSATION_MEDIUM_VOICE,
  video: ConversationMedium.CONVERSATION_MEDIUM_VIDEO,
  email: ConversationMedium.CONVERSATION_MEDIUM_EMAIL,
  sms: ConversationMedium.CONVERSATION_MEDIUM_SMS,
};

export const directions: Readonly<Record<NonNullable<StoredOrigin['direction']>, OriginDirection>> = {
  inbound: OriginDirection.ORIGIN_DIRECTION_INBOUND,
  outbound: OriginDirection.ORIGIN_DIRECTION_OUTBOUND,
};

/** The word of a number of one of these tables; `undefined` for UNSPECIFIED and for numbers that it lacks. */
export function wordOf<Word extends string>(table: Readonly<Record<Word, number>>, number: number): Word | undefined {
  let words = wordsByTable.get(table);
  if (words === undefined) {
    words = new Map(Object.entries<number>(table).map(([word, of]) => [of, word]));
    wordsByTable.set(table, words);
  }
  return words.get(number) as Word | undefined;
}

/** As many as there are tables above. */
const wordsByTable = new Map<object, Map<number, string>>();
