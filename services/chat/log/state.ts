// What a conversation is at one number of its log: the fold of its entries. Decisions are taken on it and nothing else
// but what their `read` found.

import type {
  ConversationInfoFields,
  ConversationSettingsFields,
  ConversationTypeWord,
} from './conversation-document.ts';
import type { RoleWord } from './member-row.ts';

export type Member = {
  readonly userKey: string;
  readonly role: RoleWord;
  /** The conversation's number at which they came. */
  readonly since: number;
  /** Milliseconds since 1970. */
  readonly joinedAt: number;
  readonly addedBy?: string;
};

export type ConversationState = {
  readonly conversationId: string;
  readonly accountKey: string;
  /** The head: the number of the last entry in this state. 0: nothing yet. */
  readonly seq: number;
  /** User messages up to the head. */
  readonly number: number;
  readonly type: ConversationTypeWord;
  readonly info?: ConversationInfoFields;
  readonly settings: ConversationSettingsFields;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly isActive: boolean;
  readonly memberCount: number;
  /**
   * Those who are members at the head, by user key. Up to 256 members: everyone. Above: the owner, the admins, the
   * sender of the entry that is being decided, and those that `rows` of the append named.
   */
  readonly members: ReadonlyMap<string, Member>;
};

/** Up to so many members a conversation is small: everyone is cached, has receipts, and follows its topic at once. */
export const smallMembersMax = 256;
