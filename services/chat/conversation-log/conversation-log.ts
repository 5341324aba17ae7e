// The conversation log as handlers see it. A handler that writes opens a conversation (which takes its place in the
// queue), appends one entry, and answers with the change; a handler that only reads views it. Rules and their tests:
// docs/conversation-log.md.

import type { Context } from '../../../mesh/service/context.ts';
import type {
  ConversationDocument,
  ConversationInfoFields,
  ConversationTypeWord,
  Purpose,
} from '../documents/conversation-document.ts';
import type { Entry, MessageDocument, NewEntry, NewMember } from '../documents/entry.ts';
import type { MemberRow } from '../documents/member-row.ts';
import type { ConversationState } from './state.ts';

/** `context.service.conversations`. */
export type Conversations = {
  /**
   * Opens for writing. Takes the call's place in the conversation's queue synchronously, before anything is awaited;
   * the place is given back at `append` or when the call ends. Between `open` and `append` await as little as can be:
   * those behind wait for it. Throws CONVERSATION_NOT_FOUND where there is none in the caller's account(s).
   */
  open(context: Context, conversationId: string): Promise<OpenConversation>;
  /**
   * Opens for reading, without a place in the queue: the state at the store's head; or, without asking the store, one
   * that is at `reaching` already. Same errors as `open`.
   */
  view(context: Context, conversationId: string, reaching?: number): Promise<ConversationView>;
  /** The one that a key stands for, completed where a crash left something undone. Throws REQUEST_ID_REUSED. */
  found(context: Context, sought: Pick<CreatePlan, 'accountKey' | 'key'>): Promise<Created | undefined>;
  /** Makes a conversation, or finds the one that was made at the same moment. */
  create(context: Context, plan: CreatePlan): Promise<Created>;
  /**
   * Where a message named by its id alone stands, in the caller's account(s); asks all shards.
   * Throws MESSAGE_NOT_FOUND.
   */
  conversationOf(context: Context, messageId: string): Promise<string>;
  /** Head documents for lists, by id, at most 500; those that are cached here are as new as the log. */
  summaries(accountKey: string, conversationIds: readonly string[]): Promise<ReadonlyMap<string, ConversationDocument>>;
  /** The same, as new as every log is in the store: what other processes write, too. */
  newestSummaries(
    accountKey: string,
    conversationIds: readonly string[],
  ): Promise<ReadonlyMap<string, ConversationDocument>>;
  /** A row that was read, with the user's own last number as far as it is known here: that is written behind. */
  rowAsKnownHere(row: MemberRow): MemberRow;
  /** Rows of users. */
  readonly rows: MemberRows;
};

export type OpenConversation = ConversationView & {
  /**
   * Decides and stores one entry; resolves after it is committed, applied to the documents it concerns and published.
   * Throws what `decide` throws; CONFLICT after five lost races, PREDECESSOR_FAILED, REQUEST_ID_REUSED,
   * STORE_UNAVAILABLE. From the moment the entry is in a batch, the end of the call does not stop it.
   */
  append<Read = undefined>(context: Context, change: AppendOptions<Read>): Promise<Change>;
};

export type AppendOptions<Read = undefined> = {
  /** Who does it: `senderKeyOf(context.caller)`; for what follows from something else `system:<cause>`. */
  readonly senderKey: string;
  /** `client_message_id` or `request_id`; unique with the sender inside the conversation. */
  readonly requestId: string;
  /**
   * What the request asks for, by value: the same request id with another `about` is REQUEST_ID_REUSED. Leave out what
   * may differ in a repeat (`after`, metadata).
   */
  readonly about: unknown;
  /** The request id of the sender's previous request that is not yet acknowledged; empty: none. */
  readonly after?: string;
  /** Users whose rows the decision looks at, beside the sender's own. Only conversations above 256 members need it. */
  readonly rows?: readonly string[];
  /** Reads the documents that the decision needs; every entry before this one that names them has been applied. */
  readonly read?: (documents: Documents) => Promise<Read>;
  /**
   * Pure: runs again when somebody else's entry came first. Throws `refuse(reason)`, or answers the entry, or
   * `{ nothing: true }` where there is nothing to do.
   */
  readonly decide: (state: ConversationState, read: Read) => NewEntry | Nothing;
};

export type Nothing = { readonly nothing: true };

/** What a decision may read beside the state. */
export type Documents = {
  /**
   * A message of this conversation; `undefined` where there is none. Its reactions may lag behind the entries ahead:
   * nobody waits for those of others.
   */
  message(messageId: string): Promise<MessageDocument | undefined>;
  /**
   * A message, and whether this user has this emoji under it. Which emojis are under it is certain where this one is
   * none of them; so many reactions with one emoji can be decided together.
   */
  reaction(messageId: string, userKey: string, emoji: string): Promise<FoundReaction>;
  /**
   * The oldest admin, else the oldest member, except this user: who inherits. `undefined` where nobody else is left.
   */
  heir(exceptUserKey: string): Promise<string | undefined>;
};

export type FoundReaction = { readonly message: MessageDocument | undefined; readonly reacted: boolean };

export type Change = {
  /** `undefined`: there was nothing to do. */
  readonly entry: Entry | undefined;
  /** True where this request had been stored before: this is the first one's result. */
  readonly repeated: boolean;
  /** Of an entry that makes or changes a message: the message with this entry applied (a repeat: as it is now). */
  readonly message: MessageDocument | undefined;
  /** The state with this entry in it. */
  readonly state: ConversationState;
};

export type ConversationView = {
  readonly id: string;
  /** At the head when it was opened; of an open conversation, at the newest that was committed. */
  readonly state: ConversationState;
  /** One message, whatever its state; `undefined` where it is not in this conversation. Quotes are of today. */
  message(messageId: string): Promise<MessageDocument | undefined>;
  /** The number of a message, or of an entry that history shows as a notice; `undefined` where neither is here. */
  seqOf(id: string): Promise<number | undefined>;
  /** A page of history by rising number; holds every change up to `head`. */
  history(query: HistoryQuery): Promise<HistoryPage>;
  /** Entries above a number, rising without a gap, cut at `limit` and 256 KiB. */
  entries(after: number, limit: number): Promise<EntryPage>;
  /** The edits of a message, newest first, at most `limit`. */
  edits(messageId: string, limit: number): Promise<readonly EntryEdited[]>;
  /** The row of a user, also of one who left. */
  row(userKey: string): Promise<MemberRow | undefined>;
  /** Members, owner first, then as they came; `after` is the last row of the page before. */
  members(limit: number, after?: Pick<MemberRow, 'rank' | 'since' | 'user_key'>): Promise<readonly MemberRow[]>;
  /** Who reacted, oldest first; `after` is the last one's `changed` of the page before. */
  reactions(messageId: string, limit: number, after?: number): Promise<readonly ReactionRow[]>;
  /** The emojis of one user under each of these messages. */
  reactionsBy(userKey: string, messageIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * When these members, at most a page, got and read these entries, where that is kept. Asked for those below a
   * watermark alone.
   */
  receipts(rows: readonly MemberRow[], seqs: readonly number[]): Promise<ReceiptTimes>;
};

export type EntryEdited = Extract<Entry, { kind: 'edited' }>;

export type HistoryQuery = {
  /** At most one of the three; none: the newest. Entries with a number below, above, or on both sides and at. */
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly limit: number;
  /** Not below this number (clearing, joining). Exclusive. */
  readonly above?: number;
};

/** Messages, and the entries of membership that apps show as notices. */
export type ShownEntry = Extract<Entry, { kind: 'message' | 'created' | 'members_added' | 'member_removed' | 'role' }>;

export type HistoryPage = {
  readonly entries: readonly ShownEntry[];
  /** The log's head when this was read. */
  readonly head: number;
  /** There are further ones below, above; for page tokens. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
};

export type EntryPage = {
  readonly entries: readonly Entry[];
  readonly head: number;
  /** The log no longer reaches back to the position. */
  readonly gone: boolean;
};

export type ReactionRow = {
  readonly _id: string;
  readonly conversation_id: string;
  readonly account_key: string;
  readonly message_id: string;
  readonly user_key: string;
  readonly emoji: string;
  /** The number of the entry that made it so. */
  readonly changed: number;
  readonly removed: boolean;
  readonly reacted_at: Date;
};

/** When a member got and read the entry `seq`, one of those asked for; only watermarks count where no time is kept. */
export type ReceiptTimes = (
  row: MemberRow,
  seq: number,
) => { readonly deliveredAt: Date | undefined; readonly readAt: Date | undefined };

/** The key is what makes a repeat, or somebody else at the same moment, find the same conversation. */
export type CreatePlan = {
  readonly accountKey: string;
  readonly key:
    | { readonly direct: readonly [string, string] }
    | { readonly self: string }
    | { readonly senderKey: string; readonly requestId: string; readonly about: unknown };
  readonly type: ConversationTypeWord;
  readonly info?: ConversationInfoFields;
  readonly onlyAdminsCanSend: boolean;
  readonly purpose?: Purpose;
  /** Everyone, the creator included; at most 256. */
  readonly members: readonly NewMember[];
  /** User key of the creator; a domain server's: `domain_server:<key>`. */
  readonly createdBy: string;
};

export type Created = {
  readonly conversationId: string;
  readonly view: ConversationView;
  /** False where it was found. */
  readonly made: boolean;
};

export type MemberRows = {
  /** The rows of a user who is a member now, at most 5 090, in no order. */
  ofUser(accountKey: string, userKey: string): Promise<readonly MemberRow[]>;
  /** Rows of one user in these conversations, those left included. */
  ofUserIn(accountKey: string, userKey: string, conversationIds: readonly string[]): Promise<readonly MemberRow[]>;
};
