// One client of a run: somebody with a device who sends, edits, reacts, deletes and reads, brings others and removes
// them, through the SDK as an app would; and who writes down what came of it and what was shown.

import { CallError } from '../../../client/call-error.ts';
import { Client } from '../../../client/connect.ts';
import type { DeliveryStatusEvent, MessageNewEvent } from '../../../gen/json/api.ts';
import { oneOf, type Random } from '../random.ts';
import type { Read } from '../record.ts';
import { eitherEdge } from './either-edge.ts';
import type { Notebook } from './notebook.ts';
import type { Room } from './plan.ts';
import {
  cameWords,
  deletedWords,
  editedWords,
  entryEvents,
  messageWords,
  wentWords,
  wordsOf,
  wordsWith,
} from './words.ts';

export type PersonOptions = {
  readonly name: string;
  readonly user: string;
  readonly token: () => Promise<string>;
  readonly edges: readonly string[];
  /** Which edge is tried first. */
  readonly first: number;
  readonly random: Random;
  readonly notebook: Notebook;
  /** Conversation ids with what was planned for them, of all in which this user is at first. */
  readonly rooms: ReadonlyMap<string, Room>;
  /** Between two actions, on average. */
  readonly everyMs: number;
};

/** Unsent messages of one client; above it, it waits. */
const unsentMax = 20;
/** Own messages that may still be changed. */
const changeableMax = 50;

type Own = { readonly conversation: string; readonly messageId: string; readonly request: string };
type Action = { readonly weight: number; readonly act: (person: Person) => void };

const actions: readonly Action[] = [
  { weight: 70, act: (person) => person.say() },
  { weight: 8, act: (person) => person.react() },
  { weight: 5, act: (person) => person.edit() },
  { weight: 4, act: (person) => person.remove() },
  { weight: 10, act: (person) => person.read() },
  { weight: 8, act: (person) => person.bringOrRemove() },
];
/** Each action as often as its weight. */
const draws = actions.flatMap(({ weight, act }) => Array.from({ length: weight }, () => act));

export class Person {
  readonly client: Client;
  /** The highest number seen, by conversation. */
  readonly seenUpTo = new Map<string, number>();
  /** The newest message of another that was seen, by conversation: told to the service as delivered. */
  readonly gotUpTo = new Map<string, number>();
  /** Conversations whose next entries are not told: who comes back reads what was said meanwhile as history. */
  readonly jumped = new Set<string>();
  /** Calls and messages without an answer. */
  unsent = 0;
  readonly #options: PersonOptions;
  readonly #newest = new Map<string, string>();
  #own: Own[] = [];
  /** Rovers that this owner has removed, by conversation; a change under way blocks the next. */
  readonly #outside = new Map<string, string>();
  readonly #changing = new Set<string>();
  readonly #readUpTo = new Map<string, number>();
  #said = 0;
  #timer: NodeJS.Timeout | undefined;
  #awaySince: number | undefined;
  #started = false;

  constructor(options: PersonOptions) {
    this.#options = options;
    const { edges, first, token } = options;
    this.client = new Client({ ...eitherEdge(edges, first), token });
    for (const event of entryEvents) {
      this.client.on(event, (data, { topic, seq }) => this.#saw(topic.slice(2), seq, event, data));
    }
    this.client.on('delivery.status', (status) => this.#wasTold(status));
    // As an app that has them in its list: what comes in them is told as delivered.
    for (const conversation of options.rooms.keys()) this.client.conversations.get(conversation);
    this.client.subscribe(() => this.#look());
    this.client.onGone((topic) => this.#jumps(topic.slice(2)));
  }

  get name(): string {
    return this.#options.name;
  }

  get user(): string {
    return this.#options.user;
  }

  get rooms(): ReadonlyMap<string, Room> {
    return this.#options.rooms;
  }

  /** From now on it acts, and its absences count. */
  start(): void {
    this.#started = true;
    this.#look();
    this.#actLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Notes an absence that lasts until now. */
  close(): void {
    this.stop();
    this.#noteReturn();
    this.client.close();
  }

  say(): void {
    if (this.unsent >= unsentMax || this.#options.rooms.size === 0) return;
    const { notebook, name, random } = this.#options;
    const conversation = oneOf(random, [...this.#options.rooms.keys()]);
    this.#said += 1;
    const request = `${name}#${this.#said}`;
    const from = notebook.now();
    notebook.sent.push({ client: name, conversation, request, at: from });
    this.unsent += 1;
    const view = this.client.conversations.get(conversation);
    const { clientMessageId, stored } = view.send({ content: { type: 'text', text: request } });
    stored
      .then(({ message_id = '', seq }) => {
        this.#acknowledged(conversation, seq, messageWords(message_id));
        this.#own.push({ conversation, messageId: message_id, request });
        if (this.#own.length > changeableMax) this.#own.shift();
      })
      .catch((error: unknown) => {
        this.#refused('message.send', conversation, from, error);
        view.discard(clientMessageId);
      })
      .finally(() => {
        this.unsent -= 1;
      });
  }

  edit(): void {
    this.#changeOwn('message.edit', ({ conversation, messageId, request }) => {
      const content = { type: 'text', text: `${request} (edited)` } as const;
      return {
        done: this.client.conversations.get(conversation).edit(messageId, content),
        what: editedWords(messageId),
      };
    });
  }

  remove(): void {
    this.#changeOwn('message.delete', ({ conversation, messageId }) => {
      const done = this.client.conversations.get(conversation).remove(messageId, 'everyone');
      return { done, what: deletedWords(messageId) };
    });
  }

  react(): void {
    const known = [...this.#newest];
    if (known.length === 0) return;
    const [conversation, messageId] = oneOf(this.#options.random, known);
    const emoji = oneOf(this.#options.random, ['👍', '🐟', '🎉']);
    const on = this.#options.random() < 0.7;
    const done = this.client.conversations.get(conversation).react(messageId, emoji, on);
    this.#outcome('message.react', conversation, done);
  }

  read(): void {
    const known = [...this.seenUpTo];
    if (known.length === 0) return;
    const [conversation, seq] = oneOf(this.#options.random, known);
    const { notebook } = this.#options;
    const read: Read = { user: this.user, conversation, seq, from: notebook.now(), at: undefined };
    notebook.reads.push(read);
    const done = this.client.call('conversation.read', { conversation_id: conversation, seq });
    this.#outcome('conversation.read', conversation, done, () => {
      read.at = notebook.now();
    });
  }

  /** Of an owner with rovers: removes one, or brings back the one that is outside. */
  bringOrRemove(): void {
    const owned = [...this.#options.rooms].filter(([, room]) => room.owner === this.user && room.rovers.length > 0);
    if (owned.length === 0 || !this.name.endsWith('/phone')) return;
    const [conversation_id, { rovers }] = oneOf(this.#options.random, owned);
    if (this.#changing.has(conversation_id)) return;
    this.#changing.add(conversation_id);
    const request = { conversation_id, request_id: crypto.randomUUID() };
    const outside = this.#outside.get(conversation_id);
    const user = outside ?? oneOf(this.#options.random, rovers);
    const done =
      outside === undefined
        ? this.client.call('member.remove', { ...request, user_key: user })
        : this.client.call('member.add', { ...request, user_keys: [user] });
    const what = outside === undefined ? wentWords(user) : cameWords([user]);
    this.#outcome(outside === undefined ? 'member.remove' : 'member.add', conversation_id, done, ({ seq }) => {
      if (seq) this.#acknowledged(conversation_id, seq, what);
      if (outside === undefined) this.#outside.set(conversation_id, user);
      else this.#outside.delete(conversation_id);
    }).finally(() => this.#changing.delete(conversation_id));
  }

  #changeOwn(call: string, change: (own: Own) => { readonly done: Promise<void>; readonly what: string }): void {
    if (this.#own.length === 0) return;
    const own = oneOf(this.#options.random, this.#own);
    // Each message is changed once at most: so a change that stands twice in the log was stored twice.
    this.#own = this.#own.filter((other) => other !== own);
    const { done, what } = change(own);
    this.#outcome(call, own.conversation, done, () => this.#acknowledged(own.conversation, undefined, what));
  }

  async #outcome<Answer>(
    call: string,
    conversation: string,
    done: Promise<Answer>,
    then: (answer: Answer) => void = () => {},
  ): Promise<void> {
    const from = this.#options.notebook.now();
    this.unsent += 1;
    try {
      then(await done);
    } catch (error) {
      this.#refused(call, conversation, from, error);
    } finally {
      this.unsent -= 1;
    }
  }

  #acknowledged(conversation: string, seq: number | undefined, what: string): void {
    const { notebook, name } = this.#options;
    notebook.acknowledged.push({ client: name, conversation, seq, what, at: notebook.now() });
  }

  #refused(call: string, conversation: string, from: number, error: unknown): void {
    const { notebook, name, rooms } = this.#options;
    if (this.client.state.name === 'closed') return;
    const reason = error instanceof CallError ? error.reason : String(error);
    const roves = rooms.get(conversation)?.rovers.includes(this.user) ?? false;
    const excused = (roves && rovers.has(reason)) || (call === 'message.react' && reason === 'MESSAGE_DELETED');
    notebook.refusals.push({ client: name, call, reason, excused, from, to: notebook.now() });
  }

  #saw(conversation: string, seq: number, event: string, data: unknown): void {
    const { notebook, name } = this.#options;
    const words = wordsWith(event, data);
    const seen = { client: name, conversation, seq, what: wordsOf(event, data), at: notebook.now() };
    notebook.seen.push(words === undefined ? seen : { ...seen, words });
    this.jumped.delete(conversation);
    this.seenUpTo.set(conversation, Math.max(seq, this.seenUpTo.get(conversation) ?? 0));
    if (event === 'message.new') {
      const { message } = data as MessageNewEvent;
      this.#newest.set(conversation, message.message_id);
      if (message.sender.user_key !== this.user) this.gotUpTo.set(conversation, seq);
    }
  }

  #jumps(conversation: string): void {
    const { notebook, name } = this.#options;
    this.jumped.add(conversation);
    notebook.gone.push({ client: name, conversation, at: notebook.now() });
  }

  #wasTold({ conversation_id: conversation, user_key: user, read_seq: readSeq }: DeliveryStatusEvent): void {
    const { notebook, name } = this.#options;
    const key = `${user} ${conversation}`;
    if (readSeq <= (this.#readUpTo.get(key) ?? 0)) return;
    this.#readUpTo.set(key, readSeq);
    notebook.told.push({ client: name, conversation, user, readSeq, at: notebook.now() });
  }

  #actLater(): void {
    const { random, everyMs } = this.#options;
    // Exponential, as independent people are.
    const delayMs = -Math.log(1 - random()) * everyMs;
    this.#timer = setTimeout(() => {
      oneOf(random, draws)(this);
      this.#actLater();
    }, delayMs);
  }

  #look(): void {
    if (this.client.state.name === 'online') this.#noteReturn();
    else if (this.#started) this.#awaySince ??= this.#options.notebook.now();
  }

  #noteReturn(): void {
    if (this.#awaySince === undefined) return;
    const { notebook, name } = this.#options;
    notebook.away.push({ client: name, from: this.#awaySince, to: notebook.now() });
    this.#awaySince = undefined;
  }
}

/** What somebody is told who was removed meanwhile. */
const rovers: ReadonlySet<string> = new Set(['NOT_A_MEMBER', 'CONVERSATION_NOT_FOUND', 'MESSAGE_NOT_FOUND']);
