// A message as `messages` holds it: the platform's fields, snake_case, enums as lower-case words. `_id` is its
// id. A message is its own entry of the log: beside these fields the document has those of an EntryHead.

export type ContentTypeWord =
  | 'text'
  | 'image'
  | 'video'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'gif'
  | 'location'
  | 'contact'
  | 'poll'
  | 'system';

export type StoredContent = {
  readonly type: ContentTypeWord;
  readonly text?: string;
  readonly caption?: string;
  readonly formatted_text?: StoredFormat;
};

/** UTF-16 offsets [start, end). */
export type StoredFormat = {
  readonly bold?: readonly (readonly [number, number])[];
  readonly italic?: readonly (readonly [number, number])[];
  readonly code?: readonly (readonly [number, number])[];
  readonly link?: readonly { readonly start: number; readonly end: number; readonly url: string }[];
  readonly mention?: readonly { readonly start: number; readonly end: number; readonly user_key: string }[];
};

export type StoredAttachment = {
  readonly media_id?: string;
  readonly url?: string;
  readonly thumbnail_url?: string;
  readonly mime_type?: string;
  readonly file_name?: string;
  /** Bytes. */
  readonly file_size?: number;
  /** Seconds. */
  readonly duration?: number;
  readonly dimensions?: { readonly width: number; readonly height: number };
};

export type StoredLocation = {
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
  readonly live_until?: Date;
};

export type StoredContact = { readonly name?: string; readonly phone?: string; readonly user_key?: string };

export type StoredPoll = {
  readonly question: string;
  readonly options: readonly {
    readonly id: string;
    readonly text: string;
    readonly votes: readonly string[];
    readonly vote_count: number;
  }[];
  readonly multiple_choice: boolean;
  readonly anonymous: boolean;
  readonly closed: boolean;
};

export type StoredSticker = { readonly sticker_id: string; readonly pack_id?: string; readonly emoji?: string };

export type StoredNotice = { readonly kind: string; readonly parameters: Readonly<Record<string, string>> };

/** What a message says, whatever its type. */
export type StoredSaid = {
  readonly content: StoredContent;
  readonly attachments?: readonly StoredAttachment[];
  readonly location?: StoredLocation;
  readonly contact?: StoredContact;
  readonly poll?: StoredPoll;
  readonly sticker?: StoredSticker;
  readonly system?: StoredNotice;
  readonly mentions?: readonly string[];
};

export type StoredSender = {
  readonly kind: 'user' | 'agent' | 'system' | 'guest';
  readonly user_key?: string;
  readonly display_name?: string;
  readonly avatar_url?: string;
  readonly external_id?: string;
};

export type StoredAiMetadata = {
  readonly model?: string;
  readonly tokens_used?: number;
  readonly response_time_ms?: number;
  readonly temperature?: number;
  readonly finish_reason?: string;
};

export type StoredOrigin = {
  readonly source: string;
  readonly external_id?: string;
  readonly external_thread_id?: string;
  readonly direction?: 'inbound' | 'outbound';
};

export type StoredReaction = {
  readonly emoji: string;
  /** The first 20 who chose it. */
  readonly user_keys: readonly string[];
  readonly count: number;
};

/** What a handler hands to the log for a new message. */
export type MessageBody = StoredSaid & {
  readonly sender: StoredSender;
  /** As at sending; a reader gets the target's words of today. */
  readonly reply_to?: { readonly message_id: string; readonly sender_key: string; readonly content_preview: string };
  readonly forwarded_from?: {
    readonly original_message_id: string;
    readonly original_conversation_id: string;
    readonly original_seq: number;
    readonly original_sender_name: string;
    readonly forward_count: number;
  };
  readonly metadata: {
    readonly client_message_id: string;
    readonly platform?: 'ios' | 'android' | 'web';
    readonly app_version?: string;
  };
  readonly expires_at?: Date;
  /** How a model made it. */
  readonly ai_metadata?: StoredAiMetadata;
  /** Where it stands on another network. */
  readonly origin?: StoredOrigin;
};

/** A message with what later entries made of it. After a deletion for everyone what it said is gone. */
export type MessageFields = Omit<MessageBody, 'content'> & {
  readonly content?: StoredContent;
  /** The log's number of the last entry that was applied to this document. */
  readonly changed: number;
  readonly updated_at: Date;
  readonly reactions?: readonly StoredReaction[];
  readonly edited?: {
    readonly edited_at: Date;
    readonly edit_count: number;
    /** What it said first. */
    readonly original: StoredContent;
    /** Some members came after the message: quotes of it do not follow its edits. */
    readonly withheld?: true;
  };
  readonly deleted?: { readonly deleted_at: Date; readonly deleted_by: string };
};
