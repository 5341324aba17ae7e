// The chat behind the small edge: logs, idempotent sends, pages. Only as much of it as the SDK's tests look at.

import type { Content, Conversation, ListConversationsResponse, Message, SyncResponse } from '../../gen/json/api.ts';
import { wholeConversation, wholeMember, wholeMembership, wholeMessage } from './whole.ts';

type Entry = { readonly event: string; readonly data: Record<string, unknown> };
type Row = {
  readonly id: string;
  members: string[];
  messages: Message[];
  requests: Map<string, unknown>;
  number: number;
};

const page = 50;
const at = '2026-03-01T06:00:00Z';

/** What the edge answers with, as an error's JSON. */
const refusal = (code: string, reason: string): object => ({ code, reason, message: reason, retry_after_ms: 0 });

export class SmallChat {
  readonly #logs = new Map<string, Entry[]>();
  readonly #rows = new Map<string, Row>();
  readonly #published: (topic: string, seq: number) => void;
  /** Entries at or below this are gone, by topic. */
  readonly floors = new Map<string, number>();
  readonly archived = new Set<string>();
  /** As after somebody came: edits are told without what the message says now. */
  withholds = false;
  /** Throws this for the next sends, oldest first. */
  readonly refusals: object[] = [];

  constructor(published: (topic: string, seq: number) => void) {
    this.#published = published;
  }

  make(id: string, members: readonly string[]): void {
    this.#rows.set(id, { id, members: [...members], messages: [], requests: new Map(), number: 0 });
    this.#append(`c:${id}`, 'conversation.new', { conversation: this.#conversation(id, members[0] as string) });
    for (const member of members)
      this.#append(`u:${member}`, 'conversation.added', { conversation_id: id, since_seq: 1, at });
  }

  topicsOf(userKey: string): string[] {
    const rows = [...this.#rows.values()].filter(({ members }) => members.includes(userKey));
    return [`u:${userKey}`, `d:${userKey}`, ...rows.map(({ id }) => `c:${id}`)];
  }

  head(topic: string): number {
    return this.#logs.get(topic)?.length ?? 0;
  }

  entry(topic: string, seq: number): Entry {
    return this.#logs.get(topic)?.[seq - 1] as Entry;
  }

  /** The messages as they are, oldest first: what every view must come to show. */
  messages(id: string): readonly Message[] {
    return this.#rows.get(id)?.messages ?? [];
  }

  call(userKey: string, event: string, data: Record<string, unknown>): object {
    const id = String(data.conversation_id ?? '');
    switch (event) {
      case 'message.send':
        return this.#send(userKey, data);
      case 'message.edit':
        return this.#once(data, () => this.#edit(id, userKey, data));
      case 'message.react':
        return this.#once(data, () => this.#react(id, userKey, data));
      case 'message.get':
        return { message: { ...this.#find(id, data.message_id) } };
      case 'message.list':
        return this.#list(id, data);
      case 'conversation.get':
        return { conversation: this.#conversation(id, userKey) };
      case 'conversation.delete':
        return this.#once(data, () => this.#hide(id, userKey));
      case 'conversation.list':
        return this.#listed(userKey, data.archived === true, Number(data.page_token || 0));
      case 'sync':
        return this.#sync(data.positions as { topic: string; seq: number }[]);
      default:
        return {};
    }
  }

  #listed(userKey: string, archived: boolean, from: number): ListConversationsResponse {
    const rows = [...this.#rows.values()].filter(
      ({ id, members }) => members.includes(userKey) && this.archived.has(id) === archived,
    );
    const conversations = rows.slice(from, from + page).map(({ id }) => this.#conversation(id, userKey));
    return { conversations, next_page_token: from + page < rows.length ? `${from + page}` : '' };
  }

  #conversation(id: string, userKey: string): Conversation {
    const row = this.#rows.get(id) as Row;
    const last = row.messages.at(-1);
    return wholeConversation({
      conversation_id: id,
      participants: row.members.map((user_key) => wholeMember(user_key)),
      member_count: row.members.length,
      last_seq: this.head(`c:${id}`),
      last_number: row.number,
      membership: wholeMembership(),
      created_by: userKey,
      ...(last && {
        last_message: {
          message_id: last.message_id,
          content_preview: last.content?.text ?? '',
          sent_at: last.created_at,
          type: 'text',
          seq: last.seq,
        },
      }),
    });
  }

  #send(userKey: string, data: Record<string, unknown>): object {
    const row = this.#rows.get(String(data.conversation_id));
    if (row === undefined) throw refusal('NOT_FOUND', 'CONVERSATION_NOT_FOUND');
    const refused = this.refusals.shift();
    if (refused !== undefined) throw refused;
    const request = `${userKey} ${data.client_message_id}`;
    const first = row.requests.get(request);
    if (first !== undefined) return { message: first };
    if (data.after !== undefined && !row.requests.has(`${userKey} ${data.after}`)) {
      throw refusal('FAILED_PRECONDITION', 'PREDECESSOR_FAILED');
    }
    row.number += 1;
    const seq = this.head(`c:${row.id}`) + 1;
    const message = wholeMessage({
      message_id: String(seq).padStart(12, '0'),
      conversation_id: row.id,
      seq,
      number: row.number,
      sender: { kind: 'user', user_key: userKey, display_name: userKey },
      content: data.content as Content,
      metadata: { client_message_id: String(data.client_message_id) },
    });
    row.messages.push(message);
    row.requests.set(request, message);
    this.#append(`c:${row.id}`, 'message.new', { message: { ...message } });
    return { message: { ...message } };
  }

  #edit(id: string, user_key: string, { message_id, content }: Record<string, unknown>): object {
    const message = this.#find(id, message_id);
    const edited = { is_edited: true, edit_count: (message.edited?.edit_count ?? 0) + 1 };
    Object.assign(message, { content, edited, changed: this.head(`c:${id}`) + 1 });
    const words = this.withholds ? {} : { content };
    this.#append(`c:${id}`, 'message.updated', { conversation_id: id, message_id, ...words, edited, user_key });
    return { message: { ...message } };
  }

  #react(id: string, user_key: string, { message_id, emoji }: Record<string, unknown>): object {
    const message = this.#find(id, message_id);
    const known = message.reactions ?? [];
    const reactors = known.find((reaction) => reaction.emoji === emoji)?.user_keys ?? [];
    if (reactors.includes(user_key)) return {};
    const others = known.filter((reaction) => reaction.emoji !== emoji);
    const users = [...reactors, user_key];
    const reactions = [...others, { emoji, user_keys: users, count: users.length }];
    Object.assign(message, { reactions, changed: this.head(`c:${id}`) + 1 });
    this.#append(`c:${id}`, 'message.reaction', {
      conversation_id: id,
      message_id,
      user_key,
      emoji,
      removed: false,
      at,
    });
    return {};
  }

  /** As of a direct conversation: for this user, up to its head. */
  #hide(id: string, userKey: string): object {
    const seq = this.head(`c:${id}`);
    this.#append(`u:${userKey}`, 'conversation.removed', { conversation_id: id, seq, hidden: true, at });
    return {};
  }

  #list(id: string, { before_seq }: Record<string, unknown>): object {
    const below = before_seq === undefined ? Number.POSITIVE_INFINITY : Number(before_seq);
    const all = this.messages(id).filter(({ seq }) => seq < below);
    const messages = all.slice(-page).map((message) => ({ ...message }));
    return { messages, head: this.head(`c:${id}`), next_page_token: all.length > page ? 'more' : '' };
  }

  /** At most three entries in a page, so that there is more than one. */
  #sync(positions: readonly { topic: string; seq: number }[]): SyncResponse {
    let room = 3;
    let more = false;
    const topics = positions.map(({ topic, seq }) => {
      const head = this.head(topic);
      const floor = this.floors.get(topic) ?? 0;
      if (seq < floor) return { topic, head, gone: true, denied: false };
      const entries = [];
      for (let next = seq + 1; next <= head && room > 0; next += 1, room -= 1) {
        const { event, data } = this.entry(topic, next);
        entries.push({ seq: next, [event.replace('.', '_')]: data });
      }
      more ||= seq + entries.length < head;
      return { topic, entries, head, gone: false, denied: false };
    });
    return { topics, more };
  }

  readonly #answers = new Map<unknown, object>();

  #once({ request_id }: Record<string, unknown>, carryOut: () => object): object {
    const first = this.#answers.get(request_id) ?? carryOut();
    this.#answers.set(request_id, first);
    return first;
  }

  #find(id: string, messageId: unknown): Message {
    const message = this.messages(id).find(({ message_id }) => message_id === messageId);
    if (message === undefined) throw refusal('NOT_FOUND', 'MESSAGE_NOT_FOUND');
    return message;
  }

  #append(topic: string, event: string, data: Record<string, unknown>): void {
    const log = this.#logs.get(topic) ?? [];
    this.#logs.set(topic, log);
    log.push({ event, data: structuredClone(data) });
    this.#published(topic, log.length);
  }
}
