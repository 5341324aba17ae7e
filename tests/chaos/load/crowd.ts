// All clients of a run: opened and given their conversations, let loose, stopped, waited for until nobody misses
// anything, and asked what they saw.

import { setTimeout as delay } from 'node:timers/promises';
import { CallError } from '../../../client/call-error.ts';
import { type Issuer, openIssuer } from '../../../mesh/auth/issuer.ts';
import { secretKey } from '../../../mesh/auth/token-key.ts';
import { callOverRest } from '../../processes/rest.ts';
import { seeded } from '../random.ts';
import type { History, Line, Logged } from '../record.ts';
import { deliveredTo, isMember, isOwner, lineOf, logOf, staysIn, viewOf } from './ending.ts';
import { Notebook } from './notebook.ts';
import { Person } from './person.ts';
import { account, type Plan, planOf, type Room } from './plan.ts';

export type CrowdOptions = {
  readonly seed: number;
  readonly clients: number;
  /** Between two actions of one client, on average. */
  readonly everyMs: number;
  readonly edges: readonly string[];
  readonly tokenSecret: string;
  /** How long to wait at the end until nobody misses anything. */
  readonly settleMs: number;
};

export type Progress = {
  readonly sent: number;
  readonly acknowledged: number;
  readonly seen: number;
  readonly online: number;
  readonly unsent: number;
};

/** The part of a history that the clients know. */
export type CrowdRecords = Pick<
  History,
  | 'sent'
  | 'acknowledged'
  | 'seen'
  | 'logs'
  | 'stays'
  | 'away'
  | 'reads'
  | 'told'
  | 'gone'
  | 'lines'
  | 'views'
  | 'refusals'
  | 'unanswered'
> & { readonly stalls: History['faults'] };

/** A client, and a conversation in which its user is at the end, with its log. */
type Place = readonly [Person, string, readonly Logged[]];

/** One client in so many has its conversations open, as an app that shows them. */
const watcherEvery = 4;
/** Conversations are created, and opened, so many at a time. */
const atOnce = 8;
const openMsMax = 60_000;
const lookMs = 200;

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #notebook = new Notebook();
  readonly #plan: Plan;
  readonly #issuer: Issuer;
  readonly #rooms = new Map<string, Room>();
  readonly #people: Person[] = [];

  private constructor(options: CrowdOptions) {
    this.#options = options;
    this.#plan = planOf(options.seed, options.clients);
    const key = secretKey(options.tokenSecret);
    this.#issuer = openIssuer({ key, issuer: 'circuit', audience: 'circuit' });
  }

  /** Resolves when everybody is there. The users are known to chat already. */
  static async open(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    await inTurns(crowd.#plan.rooms, async (room) => crowd.#rooms.set(await crowd.#create(room), room));
    for (const [index, { name, user }] of crowd.#plan.clients.entries()) crowd.#join(index, name, user);
    await crowd.#until(openMsMax, () => crowd.#online === crowd.#people.length);
    await inTurns(crowd.#watched, ([person, id]) => person.client.conversations.get(id).open());
    return crowd;
  }

  get progress(): Progress {
    const { sent, acknowledged, seen } = this.#notebook;
    const unsent = this.#people.reduce((sum, person) => sum + person.unsent, 0);
    return {
      sent: sent.length,
      acknowledged: acknowledged.length,
      seen: seen.length,
      online: this.#online,
      unsent,
    };
  }

  /** `startedAt`: milliseconds since 1970, from which all times count. */
  start(startedAt: number): void {
    this.#notebook.begin(startedAt);
    for (const person of this.#people) person.start();
  }

  stop(): void {
    for (const person of this.#people) person.stop();
  }

  /** Waits until nobody misses anything, as long as that may take, and asks what there is to know. */
  async finish(): Promise<CrowdRecords> {
    this.stop();
    const { settleMs } = this.#options;
    await this.#until(settleMs, () => this.#online === this.#people.length && this.progress.unsent === 0);
    const logs = new Map<string, readonly Logged[]>();
    await inTurns([...this.#rooms], async ([id, room]) => {
      const owner = this.#ownerOf(room);
      logs.set(id, (await this.#asked(owner, 'sync', logOf(owner, id))) ?? []);
    });
    await this.#until(settleMs, () => this.#places(logs).every(([person, id, log]) => reached(person, id, log)));
    const lines = await this.#lines(logs);
    const members = new Set(this.#places(logs).map(([person, id]) => `${person.name} ${id}`));
    const watched = this.#watched.filter(([person, id]) => members.has(`${person.name} ${id}`));
    const views = await inTurns(watched, ([person, id]) => this.#asked(person, 'message.list', viewOf(person, id)));
    const unanswered = this.#people.filter(({ unsent }) => unsent > 0).map(({ name, unsent }) => `${name}: ${unsent}`);
    for (const person of this.#people) person.close();
    this.#notebook.close();
    const stays = [...logs].flatMap(([id, log]) => staysIn(id, log, this.#people));
    const { sent, acknowledged, seen, reads, told, gone, refusals, away, stalls } = this.#notebook;
    return {
      sent,
      acknowledged,
      seen,
      logs,
      stays,
      away,
      reads,
      told,
      gone,
      lines,
      views: given(views),
      refusals,
      unanswered,
      stalls,
    };
  }

  /** Devices tell what they got up to a second later: lines are read when all of it was told. */
  async #lines(logs: ReadonlyMap<string, readonly Logged[]>): Promise<readonly Line[]> {
    const guard = AbortSignal.timeout(this.#options.settleMs);
    const places = this.#places(logs);
    let behind = places;
    while (behind.length > 0 && !guard.aborted) {
      await delay(lookMs);
      const lag = await inTurns(behind, async (place) => {
        const [person, id] = place;
        const asked = await this.#asked(person, 'conversation.get', deliveredTo(person, id));
        return asked !== undefined && asked.delivered < gotIn(place, asked.since) ? [place] : [];
      });
      behind = lag.flat();
    }
    return given(
      await inTurns(places, ([person, id, log]) => this.#asked(person, 'the lines', lineOf(person, id, log))),
    );
  }

  /** When all is healed, everything is answered: what is not is noted, and undefined here. */
  async #asked<Answer>(person: Person, call: string, work: Promise<Answer>): Promise<Answer | undefined> {
    const from = this.#notebook.now();
    try {
      return await work;
    } catch (error) {
      const reason = error instanceof CallError ? error.reason : String(error);
      const to = this.#notebook.now();
      this.#notebook.refusals.push({ client: person.name, call, reason, excused: false, from, to });
      return undefined;
    }
  }

  get #online(): number {
    return this.#people.filter(({ client }) => client.state.name === 'online').length;
  }

  /** Everybody with each conversation in which they are at the end. */
  #places(logs: ReadonlyMap<string, readonly Logged[]>): readonly Place[] {
    return this.#people.flatMap((person) =>
      [...person.rooms.keys()].flatMap((id) => {
        const log = logs.get(id) ?? [];
        return isMember(person.user, log) ? [[person, id, log] as const] : [];
      }),
    );
  }

  /** Who has what open. A rover's view is read again when they come back, which is not watched here. */
  get #watched(): readonly (readonly [Person, string])[] {
    return this.#people
      .filter((_, index) => index % watcherEvery === 0)
      .flatMap((person) =>
        [...person.rooms].flatMap(([id, { rovers }]) => (rovers.includes(person.user) ? [] : [[person, id] as const])),
      );
  }

  /** A machine that is busy may need more time than a call has: the same request again is safe. */
  async #create({ owner, type, members }: Room): Promise<string> {
    const [edge = ''] = this.#options.edges;
    const token = await this.#token(owner);
    const info = type === 'group' ? { info: { name: `of ${owner}` } } : {};
    const request = { request_id: crypto.randomUUID(), type, participant_keys: members, ...info };
    const post = () =>
      callOverRest<{ conversation: { conversation_id: string } }>(
        edge,
        token,
        'POST',
        '/api/chat/conversations',
        request,
      );
    const { conversation } = await post().catch(post);
    return conversation.conversation_id;
  }

  #join(index: number, name: string, user: string): void {
    const { edges, seed, everyMs } = this.#options;
    const rooms = new Map([...this.#rooms].filter(([, { owner, members }]) => [owner, ...members].includes(user)));
    const person = new Person({
      name,
      user,
      token: () => this.#token(user),
      edges,
      first: index,
      random: seeded(seed * 1_000 + index),
      notebook: this.#notebook,
      rooms,
      everyMs,
    });
    this.#people.push(person);
  }

  #token(user: string): Promise<string> {
    return this.#issuer.issueUser({ userKey: user, accountKey: account, displayName: user });
  }

  #ownerOf(room: Room): Person {
    return this.#people.find((person) => isOwner(person, room)) as Person;
  }

  /** Resolves when it holds, or when the time is over: what is missing then is for the checker to find. */
  async #until(withinMs: number, holds: () => boolean): Promise<void> {
    const guard = AbortSignal.timeout(withinMs);
    // Much changes at once: looked at now and then, not at every change.
    while (!holds() && !guard.aborted) await delay(lookMs);
  }
}

function given<Item>(items: readonly (Item | undefined)[]): readonly Item[] {
  return items.filter((item) => item !== undefined);
}

/** The newest message of another that this device was shown since its user came. */
function gotIn([person, id]: Place, since: number): number {
  const got = person.gotUpTo.get(id) ?? 0;
  return got >= since ? got : 0;
}

function reached(person: Person, conversation: string, log: readonly Logged[]): boolean {
  const seen = person.seenUpTo.get(conversation) ?? 0;
  return seen >= log.length || log.length === 1 || person.jumped.has(conversation);
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(work))));
  }
  return results;
}
