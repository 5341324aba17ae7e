// What a conversation is at one number of its log: the fold of its entries. Decisions are taken on it and nothing else
// but what their `read` found.

import type {
  ConversationInfoFields,
  ConversationSettingsFields,
  ConversationTypeWord,
  Purpose,
} from '../documents/conversation-document.ts';
import type { RoleWord } from '../documents/member-row.ts';
import type { ContentTypeWord, StoredSaid } from '../documents/message-document.ts';

export type Member = {
  readonly userKey: string;
  readonly role: RoleWord;
  /** The conversation's number at which they came; 0 where a large conversation's state does not know it. */
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
  readonly info: ConversationInfoFields | undefined;
  readonly settings: ConversationSettingsFields;
  readonly purpose: Purpose;
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
  /** True where `members` holds everyone. */
  readonly membersComplete: boolean;
  /** The newest message. */
  readonly last: LastSaid | undefined;
  /** The number at which somebody last came who was not there from the beginning; 0: nobody. */
  readonly lastJoined: number;
  /** Entries at or below are gone. */
  readonly floorSeq: number;
};

/** The newest message; what a list shows of it is made when it is needed. */
export type LastSaid = {
  readonly messageId: string;
  readonly seq: number;
  /** The user; empty where it is none. */
  readonly senderKey: string;
  readonly senderName: string;
  readonly sentAt: Date;
  readonly type: ContentTypeWord;
  /** What it says, where this process has seen that; `undefined` after a deletion. */
  readonly said: StoredSaid | undefined;
  /** Its first words, where they are known instead. */
  readonly preview: string | undefined;
};

/** Up to so many members a conversation is small: everyone is cached, has receipts, and follows its topic at once. */
export const smallMembersMax = 256;
