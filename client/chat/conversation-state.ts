// What is known of one conversation: its line in the list, the loaded stretch of history, members, who types. It
// changes only by entries of the log, pages of the server, and what this user sends; verbs stand in conversation.ts.

import type {
  ConversationHeadEvent,
  Conversation as ConversationJson,
  DeliveryStatusEvent,
  LastMessage,
  Membership,
  Message,
  MessageNewEvent,
  TypingIndicatorEvent,
} from '../../gen/json/api.ts';
import type { CallError } from '../call-error.ts';
import type { Clock } from '../clock.ts';
import { Changing } from '../listeners.ts';
import type { MessageChange } from './change-message.ts';
import { type Members, statusOf, withEntry, withPage, withWatermarks } from './members.ts';
import { noticeOf } from './notice.ts';
import type { LaneItem } from './outbox-lane.ts';
import { previewOf } from './preview.ts';
import { Rewritten } from './rewritten.ts';
import { Stretch, type StretchOptions } from './stretch.ts';
import {
  fresher,
  numberAt,
  type Summary,
  unreadOf,
  withChangedMessage,
  withMemberCount,
  withMembership,
  withMessage,
  withPreview,
  withRole,
} from './summary.ts';
import { Typing, type Typist } from './typing.ts';

/**
 * A message as the view shows it; of one that is not stored yet `message_id` is empty and the numbers are 0. Its
 * `status` moves with the watermarks, so the server's count and times of the moment it was read are left out.
 */
export type MessageView = Omit<Message, 'delivery_status' | 'delivery_counts'> & {
  /** The same before and after it is stored: what a list of messages is keyed by. */
  readonly key: string;
  /** Why it was refused; only with status `failed`. */
  readonly error?: CallError;
};

export type StateOptions = {
  readonly id: string;
  readonly clock: Clock;
  userKey(): string;
  list: StretchOptions['list'];
  /** Messages of this conversation that are not stored yet, in the order they were written. */
  pending(): readonly LaneItem[];
  /** One message, as the server shows it now. Rejects with a CallError. */
  get(messageId: string): Promise<Message>;
  /** A message of another reached this device. */
  delivered(seq: number): void;
  /** A message of this user is in the log. */
  confirmed(clientMessageId: string, message: Message): void;
  /** What is known does not suffice: the conversation is to be read again. */
  unsure(): void;
  /** Everything that is open is to be read again. */
  anew(): void;
  changed(): void;
};

export class ConversationState extends Changing {
  readonly id: string;
  readonly #options: StateOptions;
  readonly #typing: Typing;
  readonly #rewritten: Rewritten;
  readonly stretch: Stretch;
  #summary: Summary | undefined;
  #members: Members = [];
  #membersStale = false;
  #messages: readonly MessageView[] | undefined;
  /** The view of a message stays the same object while nothing about it changes. */
  readonly #views = new WeakMap<Message, MessageView>();

  constructor(options: StateOptions) {
    super();
    this.id = options.id;
    this.#options = options;
    this.#typing = new Typing(options.clock, () => this.changed());
    this.#rewritten = new Rewritten({
      clock: options.clock,
      get: options.get,
      holds: (messageId) => this.#lastMessage?.message_id === messageId || this.stretch.holds(messageId),
      take: (message) => this.words(message),
      overflow: options.anew,
    });
    this.stretch = new Stretch({
      list: options.list,
      userKey: options.userKey,
      changed: () => this.touch(),
    });
  }

  get summary(): Summary | undefined {
    return this.#summary;
  }

  get membership(): Membership | undefined {
    return this.#summary?.conversation.membership;
  }

  get messages(): readonly MessageView[] {
    this.#messages ??= [...this.stretch.timeline.messages.map((message) => this.#view(message)), ...this.#pending()];
    return this.#messages;
  }

  get members(): Members {
    return this.#members;
  }

  get typists(): readonly Typist[] {
    return this.#typing.typists;
  }

  /** What the server says of it now. */
  take(read: ConversationJson): void {
    this.#summary = fresher(this.#summary, read);
    this.#members = withPage(this.#membersStale ? [] : this.#members, read.participants ?? []);
    this.#membersStale = false;
    const last = read.last_message;
    const delivered = this.membership?.delivered_seq ?? 0;
    if (last !== undefined && last.sender_key !== this.#options.userKey() && last.seq > delivered) {
      this.#options.delivered(last.seq);
    }
    this.touch();
  }

  /** A page of members. */
  takeMembers(page: Members): void {
    this.#members = withPage(this.#members, page);
    this.touch();
  }

  /** An event of the conversation's topics, in order. */
  event(event: string, data: unknown, seq: number): void {
    if (event === 'typing.indicator') this.#typed(data as TypingIndicatorEvent);
    else if (event === 'delivery.status') this.#members = withWatermarks(this.#members, data as DeliveryStatusEvent);
    else if (event === 'conversation.head') this.#head(data as ConversationHeadEvent);
    else if (event === 'message.new') this.message((data as MessageNewEvent).message);
    else if (event.startsWith('message.')) this.#change({ event, data, seq } as MessageChange);
    else this.#entry(event, data, seq);
    this.touch();
  }

  /** A message that came, by its event or as the answer to its sending. */
  message(message: Message): void {
    const userKey = this.#options.userKey();
    const sender = message.sender.user_key ?? '';
    if (this.#summary !== undefined) this.#summary = withMessage(this.#summary, message, userKey, previewOf(message));
    this.stretch.add(message);
    if (sender !== userKey) this.#options.delivered(message.seq);
    this.#typing.stopped(sender);
    const clientMessageId = message.metadata?.client_message_id;
    if (sender === userKey && clientMessageId) this.#options.confirmed(clientMessageId, message);
    this.touch();
  }

  /** What a message says now, read apart from its events. */
  words(message: Message): void {
    this.stretch.words(message);
    const last = this.#lastMessage;
    if (this.#summary !== undefined && last?.message_id === message.message_id) {
      this.#summary = withPreview(this.#summary, last, previewOf(message));
    }
    this.touch();
  }

  /** The user's own row as it is now, changed on whatever device. */
  row(row: Membership): void {
    const known = this.#summary;
    if (known === undefined) return;
    const { last_seq, last_number } = known.conversation;
    const readSeq = row.read_seq;
    const number = numberAt(this.stretch.timeline.messages, readSeq, last_seq, last_number);
    this.#summary = withMembership(known, row, number);
    // Read on another device up to a message that is not loaded here: only the server can count what is left.
    const moved = readSeq > (known.conversation.membership?.read_seq ?? 0);
    if (number === undefined && moved && unreadOf(known) > 0) this.#options.unsure();
    this.touch();
  }

  /** Messages that the user deleted for themselves. */
  hide(messageIds: readonly string[]): void {
    this.stretch.hide(messageIds);
    // The line's preview falls back to what they may still see: the server knows.
    if (messageIds.includes(this.#lastMessage?.message_id ?? '')) this.#options.unsure();
  }

  /** Lets the history go: it is to be read again, or nobody looks at it. Members stay until they are read again. */
  forget(): void {
    this.stretch.reset();
    this.#rewritten.forget();
    this.#membersStale = true;
    this.touch();
  }

  touch(): void {
    this.#messages = undefined;
    this.changed();
    this.#options.changed();
  }

  close(): void {
    this.#typing.close();
    this.#rewritten.forget();
  }

  get #lastMessage(): LastMessage | undefined {
    return this.#summary?.conversation.last_message;
  }

  #typed(typing: TypingIndicatorEvent): void {
    if (typing.user_key !== this.#options.userKey()) this.#typing.heard(typing);
  }

  #change(change: MessageChange): void {
    if (this.#summary !== undefined) this.#summary = withChangedMessage(this.#summary, change);
    this.stretch.change(change);
    if (change.event === 'message.updated' && change.data.content === undefined) {
      this.#rewritten.add(change.data.message_id);
    }
  }

  #entry(event: string, data: unknown, seq: number): void {
    const { member_count } = data as { member_count?: number };
    if (this.#summary !== undefined) this.#summary = withMemberCount(this.#summary, seq, member_count);
    this.#members = withEntry(this.#members, event, data);
    const own = this.#members.find(({ user_key }) => user_key === this.#options.userKey());
    if (this.#summary !== undefined) this.#summary = withRole(this.#summary, own?.role);
    const notice = noticeOf(event, data, { conversationId: this.id, accountKey: this.#accountKey, seq });
    if (notice !== undefined) this.stretch.add(notice);
  }

  /** Of a conversation that is not followed: only its line moves. */
  #head({ last_seq, last_number, last_message }: ConversationHeadEvent): void {
    const known = this.#summary;
    if (known === undefined || last_seq <= known.conversation.last_seq) return;
    const moved = { ...known.conversation, last_seq, last_number };
    this.#summary = { ...known, conversation: last_message === undefined ? moved : { ...moved, last_message } };
  }

  #view(message: Message): MessageView {
    const userKey = this.#options.userKey();
    const own = message.sender.user_key === userKey;
    const key = (own ? message.metadata?.client_message_id : '') || `${message.seq}`;
    const known = this.#views.get(message);
    if (!own || message.deleted?.is_deleted) return known ?? this.#remember(message, { ...shownOf(message), key });
    const seen = statusOf(this.#members, userKey, message.seq);
    const rank = { sent: 0, delivered: 1, read: 2 } as const;
    const told = message.status === 'read' || message.status === 'delivered' ? message.status : 'sent';
    const status = rank[told] > rank[seen] ? told : seen;
    return known?.status === status ? known : this.#remember(message, { ...shownOf(message), key, status });
  }

  /** Empty before anything was read. */
  get #accountKey(): string {
    return this.#summary?.conversation.account_key ?? '';
  }

  #remember(message: Message, view: MessageView): MessageView {
    this.#views.set(message, view);
    return view;
  }

  #pending(): readonly MessageView[] {
    return this.#options.pending().map(({ send, state, error }) => {
      const { reply_to_message_id, ...said } = send.message;
      const quoted = this.stretch.timeline.messages.find(({ message_id }) => message_id === reply_to_message_id);
      const at = new Date(send.queuedAt).toISOString();
      return {
        ...said,
        key: send.clientMessageId,
        message_id: '',
        conversation_id: this.id,
        account_key: this.#accountKey,
        seq: 0,
        number: 0,
        changed: 0,
        sender: { kind: 'user', user_key: this.#options.userKey() },
        metadata: { ...said.metadata, client_message_id: send.clientMessageId },
        status: state === 'failed' ? 'failed' : 'sending',
        created_at: at,
        updated_at: at,
        ...(quoted === undefined ? {} : { reply_to: quoteOf(quoted) }),
        ...(error === undefined ? {} : { error }),
      };
    });
  }
}

function shownOf(message: Message): Omit<MessageView, 'key'> {
  const { delivery_status: _times, delivery_counts: _counts, ...shown } = message;
  return shown;
}

function quoteOf(message: Message): NonNullable<Message['reply_to']> {
  return {
    message_id: message.message_id,
    sender_key: message.sender.user_key ?? '',
    content_preview: previewOf(message),
  };
}
