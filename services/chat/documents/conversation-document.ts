// The head of a conversation, as `conversations` holds it: the fold of its log up to `last_seq`. `_id` is its id.

import type { ContentTypeWord } from './message-document.ts';

export type ConversationTypeWord = 'direct' | 'group' | 'channel' | 'broadcast' | 'self';

export type ConversationInfoFields = {
  readonly name?: string;
  readonly description?: string;
  readonly icon_url?: string;
};

export type ConversationSettingsFields = { readonly only_admins_can_send: boolean };

export type MediumWord = 'chat' | 'voice' | 'video' | 'email' | 'sms';

/** What a conversation is held over and about, as whoever made it said. */
export type Purpose = {
  /** Absent: chat. */
  readonly medium?: MediumWord;
  readonly context?: {
    readonly type: string;
    readonly id?: string;
    readonly references?: Readonly<Record<string, string>>;
  };
};

/** The purpose alone, of whatever has one. */
export function purposeOf({ medium, context }: Purpose): Purpose {
  return { ...(medium && { medium }), ...(context && { context }) };
}

/** The newest message as a list shows it, short. */
export type StoredLastMessage = {
  readonly message_id: string;
  /** At most 100 graphemes; empty once it is deleted. */
  readonly content_preview: string;
  readonly sender_key: string;
  readonly sender_name: string;
  readonly sent_at: Date;
  readonly type: ContentTypeWord;
  readonly seq: number;
};

export type ConversationDocument = {
  readonly _id: string;
  readonly account_key: string;
  readonly type: ConversationTypeWord;
  readonly info?: ConversationInfoFields;
  readonly settings: ConversationSettingsFields;
  readonly created_by: string;
  readonly member_count: number;
  readonly is_active: boolean;
  readonly last_message?: StoredLastMessage;
  /** Every entry up to this one is in this document and in every other that it concerns. Only rises. */
  readonly last_seq: number;
  /** User messages up to `last_seq`. */
  readonly last_number: number;
  /** The number at which somebody last came who was not there from the beginning; 0: nobody. Absent: not known. */
  readonly last_joined?: number;
  /** Entries at or below are removed or may be. Absent: none. */
  readonly floor_seq?: number;
  /** Present while the log may be ahead of `last_seq`; overdue ones are swept. */
  readonly open_until?: Date;
  readonly created_at: Date;
  /** When something last happened in it. */
  readonly updated_at: Date;
} & Purpose;
