// The user's conversations: the list with its order and unread counts, a view of each, and what is still to be sent.
// Every event of the connection passes here before the app hears it.

import type {
  ConversationAddedEvent,
  Conversation as ConversationJson,
  ConversationRemovedEvent,
  CreateConversationRequest,
  MembershipUpdatedEvent,
  MessageHiddenEvent,
} from '../../gen/json/api.ts';
import type { CallError } from '../call-error.ts';
import type { Clock } from '../clock.ts';
import type { Client } from '../connect.ts';
import { Changing } from '../listeners.ts';
import { requestId } from '../request-id.ts';
import { Conversation } from './conversation.ts';
import { Outbox } from './outbox.ts';
import type { OutboxStore } from './outbox-store.ts';
import { byActivity } from './summary.ts';
import { Watermarks } from './watermarks.ts';

/** Conversations of a list; a user is in no more. */
const conversationsMax = 5_000;
/** Histories kept in memory. */
const historiesMax = 50;
const listPage = 50;
/** What the server says of a conversation that this user is not in. */
const leftCodes: ReadonlySet<string> = new Set(['NOT_FOUND', 'PERMISSION_DENIED']);

export type ConversationsOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly outbox: OutboxStore | undefined;
};

export class Conversations extends Changing {
  readonly #options: ConversationsOptions;
  readonly #client: Client;
  readonly #outbox: Outbox;
  readonly #watermarks: Watermarks;
  readonly #views = new Map<string, Conversation>();
  /** Views that were opened, the latest last. */
  readonly #opened = new Set<Conversation>();
  /** In the list; a view may exist without it. */
  readonly #listed = new Set<string>();
  #items: readonly Conversation[] | undefined;
  /** In the list, and to be read: where that fails, with the next connection. */
  readonly #unread = new Set<string>();
  #nextPage = '';
  #nextArchived = '';
  #loaded = false;
  /** The app wants the list: when it could not be had, it comes with the next connection. */
  #wanted = false;
  #loading: Promise<void> | undefined;

  constructor(options: ConversationsOptions) {
    super();
    this.#options = options;
    this.#client = options.client;
    const { client, clock } = options;
    this.#outbox = new Outbox({
      clock,
      store: options.outbox,
      attached: () => client.attached,
      send: async (request) => (await client.call('message.send', request, { repeat: false })).message,
      stored: (message) => this.#views.get(message.conversation_id)?.state.message(message),
      changed: (conversationId) => this.#views.get(conversationId)?.state.touch(),
    });
    this.#watermarks = new Watermarks({
      clock,
      attached: () => client.attached,
      delivered: (request) => client.call('conversation.delivered', request),
      read: (request) => client.call('conversation.read', request),
    });
  }

  /** Pinned first, then by latest activity; archived ones have `membership.archived`. A new array after a change. */
  get items(): readonly Conversation[] {
    this.#items ??= [...this.#listed]
      .flatMap((id) => this.#views.get(id) ?? [])
      .filter((view) => view.line !== undefined)
      .sort((one, other) => (one.line && other.line ? byActivity(one.line, other.line) : 0));
    return this.#items;
  }

  /** The first page is here; the list keeps itself up to date from then on. */
  get loaded(): boolean {
    return this.#loaded;
  }

  get hasMore(): boolean {
    return this.#nextPage !== '' || this.#nextArchived !== '';
  }

  /** The view of a conversation, whether it is listed or not; the same object every time. */
  get(conversationId: string): Conversation {
    const known = this.#views.get(conversationId);
    if (known !== undefined) return known;
    const view = new Conversation({
      id: conversationId,
      client: this.#client,
      clock: this.#options.clock,
      outbox: this.#outbox,
      watermarks: this.#watermarks,
      opened: () => this.#letGo(view),
      changed: () => this.#touch(),
    });
    this.#views.set(conversationId, view);
    return view;
  }

  /** The first page of the list, archived ones included. Rejects with a CallError. */
  load(): Promise<void> {
    this.#wanted = true;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** The next page of the list; after the last one, of the archived ones. */
  async loadMore(): Promise<void> {
    if (!this.hasMore || this.#listed.size >= conversationsMax) return;
    const archived = this.#nextPage === '';
    const page_token = archived ? this.#nextArchived : this.#nextPage;
    const page = await this.#client.call('conversation.list', { page_size: listPage, page_token, archived });
    if (archived) this.#nextArchived = page.next_page_token;
    else this.#nextPage = page.next_page_token;
    this.#take(page.conversations);
  }

  /** Makes a conversation, or finds the one that there is for these people. Rejects with a CallError. */
  async create(request: Omit<CreateConversationRequest, 'request_id'>): Promise<Conversation> {
    const { conversation } = await this.#client.call('conversation.create', { ...request, request_id: requestId() });
    this.#take([conversation]);
    return this.get(conversation.conversation_id);
  }

  /** An event of any topic, in the order of that topic. */
  event(event: string, data: unknown, seq: number): void {
    if (event === 'conversation.added') this.#read((data as ConversationAddedEvent).conversation_id);
    else if (event === 'conversation.removed') this.#removed(data as ConversationRemovedEvent);
    else if (event === 'membership.updated') this.#rows(data as MembershipUpdatedEvent);
    else if (event === 'message.hidden') this.#hide(data as MessageHiddenEvent);
    else this.#ofConversation(event, data, seq);
  }

  /** A topic is followed from this number on: what was read before it, and lacks what lies between, is read again. */
  began(topic: string, position: number): void {
    const view = topic.startsWith('c:') ? this.#views.get(topic.slice(2)) : undefined;
    if (view !== undefined && view.head < position) this.gone(topic);
  }

  /** Events of a topic were missed for good. */
  gone(topic: string): void {
    if (topic.startsWith('u:') && this.#loaded) this.#load(true).catch(() => undefined);
    if (!topic.startsWith('c:')) return;
    const id = topic.slice(2);
    this.#views.get(id)?.gone();
    if (this.#listed.has(id)) this.#read(id);
  }

  /** There is a connection. */
  attached(): void {
    this.#outbox.attached();
    this.#watermarks.attached();
  }

  /** Nothing is missing any more. Hints that have no number are read again where somebody looks. */
  caughtUp(): void {
    if (this.#wanted && !this.#loaded) this.load().catch(() => undefined);
    for (const id of [...this.#unread]) this.#read(id);
    for (const view of this.#views.values()) view.caughtUp();
  }

  offline(): void {
    this.changed();
  }

  close(): void {
    this.#outbox.close();
    this.#watermarks.close();
    for (const view of this.#views.values()) view.close();
  }

  /** `anew`: what is not in the answer is not in the list any more. */
  async #load(anew = false): Promise<void> {
    const [page, archived] = await Promise.all([
      this.#client.call('conversation.list', { page_size: listPage }),
      this.#client.call('conversation.list', { page_size: listPage, archived: true }),
    ]);
    this.#nextPage = page.next_page_token;
    this.#nextArchived = archived.next_page_token;
    this.#loaded = true;
    if (anew) this.#listed.clear();
    this.#take([...page.conversations, ...archived.conversations]);
  }

  #take(conversations: readonly ConversationJson[]): void {
    for (const conversation of conversations) {
      const id = conversation.conversation_id;
      this.#listed.add(id);
      this.get(id).state.take(conversation);
    }
    this.#touch();
  }

  #rows({ changes = [] }: MembershipUpdatedEvent): void {
    for (const { conversation_id, membership } of changes) this.#views.get(conversation_id)?.state.row(membership);
  }

  #hide({ conversation_id, message_ids = [] }: MessageHiddenEvent): void {
    this.#views.get(conversation_id)?.state.hide(message_ids);
  }

  #ofConversation(event: string, data: unknown, seq: number): void {
    const id = conversationOf(data);
    if (id === '') return;
    this.#views.get(id)?.state.event(event, data, seq);
    // A conversation that is not listed here yet, or was hidden, comes to the list with its next message.
    if (event === 'message.new' && this.#loaded && !this.#listed.has(id)) this.#read(id);
  }

  /** Reads one conversation into the list. */
  #read(conversationId: string | undefined): void {
    if (!conversationId || (!this.#loaded && this.#loading === undefined)) return;
    const view = this.get(conversationId);
    this.#listed.add(conversationId);
    this.#unread.add(conversationId);
    view.refresh().then(
      () => this.#unread.delete(conversationId),
      // Left again meanwhile: then it is not to be listed.
      (error) => leftCodes.has((error as CallError).code) && this.#remove(conversationId),
    );
  }

  /** Left, or hidden up to a number: what was said above it, and came before this event, keeps it in the list. */
  #removed({ conversation_id, hidden, seq }: ConversationRemovedEvent): void {
    const last = this.#views.get(conversation_id)?.line?.conversation.last_message;
    if (hidden && last !== undefined && last.seq > seq) this.gone(`c:${conversation_id}`);
    else this.#remove(conversation_id);
  }

  #remove(conversationId: string | undefined): void {
    if (!conversationId) return;
    this.#listed.delete(conversationId);
    this.#unread.delete(conversationId);
    this.#views.get(conversationId)?.state.forget();
    this.#touch();
  }

  #touch(): void {
    this.#items = undefined;
    this.changed();
  }

  /** Of histories beyond the bound, the one that was opened longest ago goes. */
  #letGo(opened: Conversation): void {
    this.#opened.delete(opened);
    this.#opened.add(opened);
    const [oldest] = this.#opened;
    if (oldest === undefined || this.#opened.size <= historiesMax) return;
    this.#opened.delete(oldest);
    oldest.letGo();
  }
}

/** Which conversation an event is about; empty: none. */
function conversationOf(data: unknown): string {
  const { conversation_id, message, conversation } = data as {
    readonly conversation_id?: string;
    readonly message?: { readonly conversation_id?: string };
    readonly conversation?: ConversationJson;
  };
  return conversation_id ?? message?.conversation_id ?? conversation?.conversation_id ?? '';
}
