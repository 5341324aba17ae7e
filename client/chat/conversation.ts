// One conversation as an app shows and uses it: what is known of it, and the verbs. `subscribe` tells of every change.

import type { Conversation as ConversationJson, MemberRole, Membership, Message } from '../../gen/json/api.ts';
import type { Clock } from '../clock.ts';
import type { Client } from '../connect.ts';
import { requestId } from '../request-id.ts';
import { ConversationState, type MessageView } from './conversation-state.ts';
import { type Members, membersMax } from './members.ts';
import type { Outbox, Sending } from './outbox.ts';
import type { Outgoing } from './outbox-store.ts';
import { type Summary, unreadOf } from './summary.ts';
import type { Typist } from './typing.ts';
import type { Watermarks } from './watermarks.ts';

export type ConversationOptions = {
  readonly id: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly watermarks: Watermarks;
  /** Its history is to be kept. */
  opened(): void;
  /** Something about it changed. */
  changed(): void;
};

/** An indicator lives 5 s at the others: renewed a little before. */
const typingRenewMs = 4_000;
/** Conversations up to this size are followed from the start. */
const followedMembersMax = 256;
/** A page of members. */
const membersPage = 100;

export class Conversation {
  readonly id: string;
  /** For the SDK: where events and pages go in. */
  readonly state: ConversationState;
  readonly #options: ConversationOptions;
  readonly #client: Client;
  #typedAt = 0;
  #refreshing: Promise<void> | undefined;
  /** Its history is to be read again; where that fails, with the next connection. */
  #wanted = false;

  constructor(options: ConversationOptions) {
    const { id, client, clock, outbox, watermarks } = options;
    this.id = id;
    this.#options = options;
    this.#client = client;
    this.state = new ConversationState({
      id,
      clock,
      userKey: () => client.userKey,
      list: (page, signal) =>
        client.call('message.list', { conversation_id: id, ...page }, signal === undefined ? {} : { signal }),
      get: async (message_id) => (await client.call('message.get', { conversation_id: id, message_id })).message,
      pending: () => outbox.pending(id),
      delivered: (seq) => watermarks.delivered(id, seq),
      confirmed: (clientMessageId, message) => outbox.confirm(id, clientMessageId, message),
      unsure: () => void this.refresh().catch(() => undefined),
      anew: () => this.gone(),
      changed: () => options.changed(),
    });
  }

  /** Tells of every change, once per turn. Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void {
    return this.state.subscribe(listener);
  }

  /** As the server told it last, with every entry since; undefined before it was read. */
  get summary(): ConversationJson | undefined {
    return this.state.summary?.conversation;
  }

  /** Of the list's order. */
  get line(): Summary | undefined {
    return this.state.summary;
  }

  /** The number up to which this view knows the log; infinite before anything was read. */
  get head(): number {
    const { stretch } = this.state;
    if (this.summary === undefined) return Number.POSITIVE_INFINITY;
    return stretch.loaded ? Math.min(this.summary.last_seq, stretch.head) : this.summary.last_seq;
  }

  get unread(): number {
    return this.state.summary === undefined ? 0 : unreadOf(this.state.summary);
  }

  /** The user's own row: muted, pinned, archived, draft, role. */
  get membership(): Membership | undefined {
    return this.state.membership;
  }

  /** The loaded messages by rising number, then those on their way. A new array after every change. */
  get messages(): readonly MessageView[] {
    return this.state.messages;
  }

  get hasOlder(): boolean {
    return this.state.stretch.timeline.hasOlder;
  }

  /** The newest page is here; what comes is added to it. */
  get loaded(): boolean {
    return this.state.stretch.loaded;
  }

  get members(): Members {
    return this.state.members;
  }

  /** Others who type now. */
  get typing(): readonly Typist[] {
    return this.state.typists;
  }

  /** Loads the newest page and follows the conversation; again after its log was cut. Rejects with a CallError. */
  async open(): Promise<void> {
    this.#options.opened();
    // Followed first, asked second: so nothing falls between the page and the events.
    const topic = `c:${this.id}`;
    if (!this.#client.attached) await this.refresh();
    if (!this.#client.follows(topic)) await this.#client.join(topic);
    await Promise.all([this.state.stretch.load(), this.refresh()]);
  }

  /** Nobody looks at it now: one that was followed only for its view (above 256 members) is followed no longer. */
  release(): void {
    if ((this.summary?.member_count ?? 0) <= followedMembersMax) return;
    this.letGo();
    this.#client.leave(`c:${this.id}`).catch(() => undefined);
  }

  /** Lets its history go, until it is opened again. */
  letGo(): void {
    this.#wanted = false;
    this.state.forget();
  }

  /** A page of what came before the first loaded message. */
  loadOlder(signal?: AbortSignal): Promise<void> {
    return this.state.stretch.loadOlder(signal);
  }

  /** Reads the conversation's line and watermarks again. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#client
      .call('conversation.get', { conversation_id: this.id })
      .then(({ conversation }) => this.state.take(conversation))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** All members, up to 1 000. */
  async loadMembers(): Promise<void> {
    let page_token = '';
    do {
      const page = await this.#client.call('member.list', {
        conversation_id: this.id,
        page_size: membersPage,
        page_token,
      });
      this.state.takeMembers(page.members);
      page_token = page.next_page_token;
    } while (page_token !== '' && this.members.length < membersMax);
  }

  /** Sends a message; shown at once, sent when there is a connection, in the order of writing. Throws OUTBOX_FULL. */
  send(message: Outgoing): Sending {
    this.#typedAt = 0;
    return this.#options.outbox.add(this.id, message);
  }

  retry(clientMessageId: string): void {
    this.#options.outbox.retry(this.id, clientMessageId);
  }

  /** Takes back a message that is not stored and not on its way. */
  discard(clientMessageId: string): void {
    this.#options.outbox.discard(this.id, clientMessageId);
  }

  async edit(messageId: string, content: NonNullable<Message['content']>): Promise<void> {
    const { message } = await this.#client.call('message.edit', { ...this.#target(messageId), content });
    this.state.words(message);
  }

  async remove(messageId: string, deleted_for: 'self' | 'everyone'): Promise<void> {
    await this.#client.call('message.delete', { ...this.#target(messageId), deleted_for });
    if (deleted_for === 'self') this.state.hide([messageId]);
  }

  async react(messageId: string, emoji: string, on: boolean): Promise<void> {
    await this.#client.call('message.react', { ...this.#target(messageId), emoji, ...(on ? {} : { remove: true }) });
  }

  async forward(messageId: string, toConversationId: string): Promise<void> {
    await this.#client.call('message.forward', {
      conversation_id: toConversationId,
      from_conversation_id: this.id,
      message_id: messageId,
      client_message_id: requestId(),
    });
  }

  /** Everything up to this number is read; all that is loaded unless given. */
  markRead(seq: number = this.state.stretch.newest): void {
    const { membership } = this;
    if (membership === undefined || seq <= membership.read_seq) return;
    this.#options.watermarks.read(this.id, seq);
    this.state.row({ ...membership, read_seq: seq });
  }

  /** Called with every key: tells the others at most once in 4 s. */
  type(): void {
    const now = this.#options.clock.now();
    // Below 0 the clock was set back.
    const sinceMs = now - this.#typedAt;
    if ((sinceMs >= 0 && sinceMs < typingRenewMs) || !this.#client.attached) return;
    this.#typedAt = now;
    this.#client.call('typing.start', { conversation_id: this.id }, { repeat: false }).catch(() => undefined);
  }

  stopTyping(): void {
    if (this.#typedAt === 0 || !this.#client.attached) return;
    this.#typedAt = 0;
    this.#client.call('typing.stop', { conversation_id: this.id }, { repeat: false }).catch(() => undefined);
  }

  /** Without `until`: for ever. */
  async mute(muted: boolean, until?: string): Promise<void> {
    const request = { conversation_id: this.id, muted, ...(until === undefined ? {} : { muted_until: until }) };
    this.state.row((await this.#client.call('conversation.mute', request)).membership);
  }

  async pin(pinned: boolean): Promise<void> {
    this.state.row((await this.#client.call('conversation.pin', { conversation_id: this.id, pinned })).membership);
  }

  async archive(archived: boolean): Promise<void> {
    this.state.row(
      (await this.#client.call('conversation.archive', { conversation_id: this.id, archived })).membership,
    );
  }

  /** Empty removes it. */
  async saveDraft(content: string): Promise<void> {
    this.state.row((await this.#client.call('conversation.draft', { conversation_id: this.id, content })).membership);
  }

  async addMembers(userKeys: readonly string[]) {
    const request = { conversation_id: this.id, request_id: requestId(), user_keys: userKeys };
    return (await this.#client.call('member.add', request)).members;
  }

  async removeMember(userKey: string): Promise<void> {
    await this.#client.call('member.remove', { ...this.#request(), user_key: userKey });
  }

  async changeRole(userKey: string, role: MemberRole): Promise<void> {
    await this.#client.call('member.role', { ...this.#request(), user_key: userKey, role });
  }

  /** A group: leaves it. Direct and self: hides and clears it until the next message. */
  async delete(): Promise<void> {
    await this.#client.call('conversation.delete', this.#request());
  }

  /** What was missed can't be had: everything that was open is read again. */
  gone(): void {
    const { stretch } = this.state;
    this.#wanted ||= stretch.loaded || stretch.loading;
    this.state.forget();
    this.caughtUp();
  }

  /** Nothing of its log is missing any more. What has no number is read again, where somebody looks. */
  caughtUp(): void {
    const { stretch } = this.state;
    if (!stretch.loaded && !this.#wanted) return;
    this.refresh().catch(() => undefined);
    if (this.#wanted) {
      const done = (): void => {
        this.#wanted = false;
      };
      stretch.load().then(done, () => undefined);
    }
  }

  close(): void {
    this.state.close();
  }

  #request() {
    return { conversation_id: this.id, request_id: requestId() };
  }

  #target(messageId: string) {
    return { ...this.#request(), message_id: messageId };
  }
}
