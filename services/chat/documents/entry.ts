// The entries of a conversation's log, as documents of `messages`. What a handler decides is an entry's body; the log
// gives it its place: id, number, account, sender, request.

import type {
  ConversationInfoFields,
  ConversationSettingsFields,
  ConversationTypeWord,
  Purpose,
} from './conversation-document.ts';
import type { RoleWord } from './member-row.ts';
import type { MessageBody, MessageFields, StoredContent } from './message-document.ts';

/** What every entry has, set by the log. */
export type EntryHead = {
  /** 12 digits; of a message, its id. */
  readonly _id: string;
  readonly conversation_id: string;
  readonly account_key: string;
  /** From 1, without a gap. */
  readonly seq: number;
  /** The count of user messages up to and with this entry. */
  readonly number: number;
  /** Who did it: kind and key, such as `user:100000000001`. */
  readonly sender_key: string;
  /** Unique with the sender inside the conversation. */
  readonly request_id: string;
  /** A digest of what the request asked for: the same id with another digest is REQUEST_ID_REUSED. */
  readonly about: string;
  readonly created_at: Date;
  /** True for what history pages show: messages, and notices of membership. Constant by kind. */
  readonly shown?: true;
};

export type NewMember = {
  readonly user_key: string;
  readonly role: RoleWord;
  /** As they were called and looked when they came; for the event. */
  readonly display_name?: string;
  readonly avatar_url?: string;
};

/** What a decision answers. */
export type NewEntry =
  | ({ readonly kind: 'message' } & MessageBody)
  | {
      readonly kind: 'edited';
      /** The message's id. */
      readonly target: string;
      /** Absent once it was blanked by a deletion. */
      readonly content?: StoredContent;
      readonly mentions?: readonly string[];
      /** What the message said first: `message.edited?.original ?? message.content`. */
      readonly original?: StoredContent;
      /** How often it was edited, this time included. */
      readonly edit_count: number;
      readonly user_key: string;
      /** Not everyone who is told of the edit may read the message: its event leaves out what it says. */
      readonly withheld?: true;
    }
  | {
      /** For everyone. For oneself is a matter of the user's log. */
      readonly kind: 'deleted';
      readonly target: string;
      readonly deleted_by: string;
      /** Numbers of earlier entries whose contents are gone; set when the entry is applied. */
      readonly blanked?: readonly number[];
    }
  | {
      readonly kind: 'reaction';
      readonly target: string;
      readonly user_key: string;
      readonly emoji: string;
      readonly removed: boolean;
    }
  | ({
      readonly kind: 'created';
      readonly type: ConversationTypeWord;
      readonly info?: ConversationInfoFields;
      readonly settings: ConversationSettingsFields;
      /** At most 256. */
      readonly members: readonly NewMember[];
      readonly created_by: string;
    } & Purpose)
  | {
      readonly kind: 'members_added';
      /** At most 100, none of them a member already. */
      readonly members: readonly NewMember[];
      readonly added_by: string;
    }
  | {
      readonly kind: 'member_removed';
      readonly user_key: string;
      /** The same as user_key when they left. */
      readonly removed_by: string;
      /** Who becomes the owner, where the leaving owner's place is filled. */
      readonly new_owner_key?: string;
    }
  | {
      readonly kind: 'role';
      readonly user_key: string;
      readonly role: RoleWord;
      readonly changed_by: string;
      /** Who was the owner and is an admin now, where `role` is owner. */
      readonly former_owner_key?: string;
    };

export type EntryKind = NewEntry['kind'];

/** What entries about members have beside their body, set by the log. */
type MembersCounted = {
  /** How many members there are with this entry. */
  readonly member_count: number;
};

/** An entry of one kind as it stands in the log. */
export type EntryOf<Kind extends EntryKind> = Kind extends 'message'
  ? EntryHead & { readonly kind: 'message' } & MessageFields
  : Kind extends MembershipKind
    ? EntryHead & MembersCounted & Extract<NewEntry, { readonly kind: Kind }>
    : EntryHead & Extract<NewEntry, { readonly kind: Kind }>;

/** Entries about members: they are shown as notices. */
export type MembershipKind = 'created' | 'members_added' | 'member_removed' | 'role';

/** A message document: the entry that made it, with what later entries made of it. */
export type MessageDocument = EntryOf<'message'>;

export type Entry = { [Kind in EntryKind]: EntryOf<Kind> }[EntryKind];
