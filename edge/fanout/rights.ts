// Who may follow what. Grants come in a user's log, revocations in the topic's own sequence and again in the user's.
// Promises: whoever lost a topic at n gets nothing from n on; a right read before a removal counts for nothing.

import { setTimeout as delay } from 'node:timers/promises';
import type { TopicEvent, TopicGrant } from '../../gen/circuit/link/v1/topic_service.ts';
import { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Api } from '../../mesh/schema/api.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import { withDeadline } from '../deadline.ts';
import { openingMsMax, openingRoundsMax, retryMsMax, retryMsMin } from '../limits.ts';
import type { Session } from '../socket/session.ts';
import type { Sessions } from '../socket/sessions.ts';
import type { Hub } from './hub.ts';
import type { Revocations } from './revocations.ts';
import { isUserLog, keyOf, prefixOf, type Topic, userDevices, userLog } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

export type RightsOptions = {
  readonly api: Api;
  readonly hub: Hub;
  readonly reader: TopicReader;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** The most topics of one socket. */
  readonly topicsMax: number;
  /** Tells a socket that it follows more topics now. */
  readonly tellJoined: (session: Session, topics: readonly Topic[]) => void;
};

type Row = { readonly topic: Topic; readonly since: number };

type Reading = { readonly rows: readonly Row[]; readonly away: readonly string[] };

export class Rights {
  readonly #options: RightsOptions;

  constructor(options: RightsOptions) {
    this.#options = options;
  }

  /** What an event that is about to be sent says of rights. */
  apply(topic: Topic, event: TopicEvent): void {
    for (const userKey of event.revokedUsers) this.#revoke(userKey, topic.name, event.seq);
    if (!isUserLog(topic.name)) return;
    const userKey = keyOf(topic.name);
    topic.rightsSeq = event.seq;
    for (const revoked of event.revokedTopics) this.#revoke(userKey, revoked.topic, revoked.seq);
    for (const grant of event.grantedTopics) if (grant.follow) void this.#granted(userKey, grant);
  }

  /**
   * Lets a socket follow a topic, after asking its keeper whether the user may, and tells it in the same turn.
   * `granted` is what a user's log said of a topic that has no keeper. Throws TOPIC_NOT_FOUND, TOO_MANY_TOPICS,
   * UNAVAILABLE.
   */
  async follow(session: Session, name: string, granted?: TopicGrant): Promise<Topic> {
    const { hub, api, topicsMax, tellJoined } = this.#options;
    const isKept = api.topics.has(prefixOf(name));
    if (!isKept && granted === undefined) throw refuse('TOPIC_NOT_FOUND', { metadata: { topic: name } });
    const topic = hub.pin(name);
    try {
      await topic.opened;
      const since = isKept ? await this.#right(topic, session.caller.key) : granted?.since;
      if (session.follows.has(topic) || session.ws === undefined) return topic;
      if (since === undefined) throw refuse('TOPIC_NOT_FOUND', { metadata: { topic: name } });
      if (session.follows.size >= topicsMax) throw refuse('TOO_MANY_TOPICS');
      hub.attach(session, topic, since);
      tellJoined(session, [topic]);
      return topic;
    } finally {
      hub.unpin(topic);
    }
  }

  /**
   * Finds the topics of a new session and lets it follow them, in the turn in which `tell` is called.
   * The rights are read again until none of them changed while they were read. What belongs to a service that is away
   * comes later. Throws UNAVAILABLE.
   */
  async open(session: Session, signal: AbortSignal, tell: (topics: readonly Topic[]) => void): Promise<void> {
    const { hub } = this.#options;
    const pinned = new Map<string, Topic>();
    try {
      const own = [userLog(session.caller.key), userDevices(session.caller.key)];
      await this.#pinAll(own, pinned);
      for (let round = 0; round < openingRoundsMax; round++) {
        const reading = await this.#readRows(session, pinned);
        signal.throwIfAborted();
        if (session.ws === undefined) return;
        if (reading === undefined) continue;
        const { rows, away } = reading;
        hub.attachAll(session, [...own.map((name) => ({ topic: mustHave(pinned, name), since: 0 })), ...rows]);
        tell(session.follows.topics());
        if (away.length > 0) void this.#bring(session, away);
        return;
      }
      throw refuse('UNAVAILABLE');
    } finally {
      for (const topic of pinned.values()) hub.unpin(topic);
    }
  }

  /** After a user's log jumped: follows what was granted, and lets go of what was taken, in what was not seen. */
  async reconcile(session: Session): Promise<void> {
    const { hub, reader } = this.#options;
    const { grants, away } = await reader.grants(session.caller.key, session.caller.accountKey);
    const granted = new Set(grants.map((grant) => grant.topic));
    for (const topic of session.follows.topics()) {
      // What a service that is away may have granted is not taken for that.
      const keeper = reader.keeperOf(topic.name);
      const isUnsure = keeper === undefined ? away.length > 0 : away.includes(keeper);
      if (!topic.isOwn && !isUnsure && !granted.has(topic.name)) hub.detach(session, topic);
    }
    for (const grant of grants) if (grant.follow) await this.#followGranted(session, grant);
    if (away.length > 0) void this.#bring(session, away);
  }

  /** Lets a session follow what services that were away grant, when they are back. Ends with the session. */
  async #bring(session: Session, services: readonly string[]): Promise<void> {
    const { reader, signal } = this.#options;
    const { key, accountKey } = session.caller;
    let away = services;
    for (let waitMs = retryMsMin; away.length > 0; waitMs = Math.min(waitMs * 2, retryMsMax)) {
      await delay(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      if (session.ws === undefined || signal.aborted) return;
      const found = await reader.grants(key, accountKey, away);
      let whole = true;
      for (const grant of found.grants) if (grant.follow) whole = (await this.#followGranted(session, grant)) && whole;
      if (whole) away = found.away;
    }
  }

  #revoke(userKey: string, name: string, seq: number): void {
    const { hub, revocations, sessions, clock } = this.#options;
    revocations.add(userKey, name, seq, clock());
    const topic = hub.find(name);
    if (topic === undefined) return;
    for (const session of sessions.ofUser(userKey)) {
      const since = session.follows.since(topic);
      if (since !== undefined && since < seq) hub.detach(session, topic);
    }
  }

  async #granted(userKey: string, grant: TopicGrant): Promise<void> {
    const sessions = [...this.#options.sessions.ofUser(userKey)].filter((session) => session.ready);
    await Promise.all(sessions.map((session) => this.#followGranted(session, grant)));
  }

  /** False where that failed, and may succeed later. */
  async #followGranted(session: Session, grant: TopicGrant): Promise<boolean> {
    const topic = this.#options.hub.find(grant.topic);
    if (topic !== undefined && session.follows.has(topic)) return true;
    try {
      await this.follow(session, grant.topic, grant);
      return true;
    } catch (err) {
      // Whoever lost it again in the meantime has no right to it, and that is no fault.
      if (err instanceof CircuitError && lasting.has(err.reason)) return true;
      this.#options.log.warn({ topic: grant.topic, session: session.id, err }, 'a granted topic could not be followed');
      return false;
    }
  }

  /** From which number a user may follow a topic, with the topic at least as far as when that was read. */
  async #right(topic: Topic, userKey: string): Promise<number | undefined> {
    const { hub, reader, revocations, clock, signal } = this.#options;
    for (let round = 0; round < openingRoundsMax; round++) {
      const askedMs = clock();
      const right = await reader.right(topic.name, userKey);
      if (right === undefined) return undefined;
      await withDeadline(signal, openingMsMax, (deadline) => hub.reach(topic, right.readAt, deadline));
      if (!revocations.covers(askedMs)) continue;
      return revocations.latest(userKey, topic.name) > right.since ? undefined : right.since;
    }
    throw refuse('UNAVAILABLE');
  }

  /** One reading of a session's topics; undefined where something changed meanwhile. */
  async #readRows(session: Session, pinned: Map<string, Topic>): Promise<Reading | undefined> {
    const { hub, reader, revocations, clock } = this.#options;
    const { key, accountKey } = session.caller;
    const log = mustHave(pinned, userLog(key));
    const askedMs = clock();
    const asked = hub.moment();
    const rightsSeq = log.rightsSeq;
    const { grants, away } = await reader.grants(key, accountKey);
    const followed = this.#fitting(session, grants);
    await this.#pinAll(
      followed.map((grant) => grant.topic),
      pinned,
    );
    // A topic that was not live when the rights were read may have taken them since without a trace here.
    const known = followed.every((grant) => isOlder(mustHave(pinned, grant.topic), asked));
    if (!known || log.rightsSeq !== rightsSeq || !revocations.covers(askedMs)) return undefined;
    const rows = followed
      .filter((grant) => revocations.latest(key, grant.topic) <= grant.since)
      .map((grant) => ({ topic: mustHave(pinned, grant.topic), since: grant.since }));
    return { rows, away };
  }

  /** What is followed from the start, beside the user's own two topics. */
  #fitting(session: Session, grants: readonly TopicGrant[]): readonly TopicGrant[] {
    const { topicsMax, log } = this.#options;
    const granted = grants.filter((grant) => grant.follow);
    const fitting = granted.slice(0, Math.max(0, topicsMax - 2));
    const count = granted.length - fitting.length;
    if (count > 0) log.warn({ session: session.id, count }, 'a socket may not follow all topics that it is granted');
    return fitting;
  }

  async #pinAll(names: readonly string[], pinned: Map<string, Topic>): Promise<void> {
    for (const name of names) if (!pinned.has(name)) pinned.set(name, this.#options.hub.pin(name));
    await Promise.all(names.map((name) => pinned.get(name)?.opened));
  }
}

const lasting: ReadonlySet<string> = new Set(['TOPIC_NOT_FOUND', 'TOO_MANY_TOPICS']);

function isOlder(topic: Topic, moment: number): boolean {
  return !topic.sequenced || (topic.liveSince > 0 && topic.liveSince < moment);
}

function mustHave(topics: ReadonlyMap<string, Topic>, name: string): Topic {
  const topic = topics.get(name);
  if (topic === undefined) throw new Error(`${name} is not pinned.`);
  return topic;
}
