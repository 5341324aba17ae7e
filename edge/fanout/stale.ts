// A topic whose gap could not be filled delivers nothing until its head and the rights of all its sockets were asked
// again, as at joining; then its sockets are told the position from which events come.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../mesh/telemetry/log.ts';
import { retryMsMax, retryMsMin } from '../limits.ts';
import type { Session } from '../socket/session.ts';
import type { Sessions } from '../socket/sessions.ts';
import type { Hub } from './hub.ts';
import type { Revocations } from './revocations.ts';
import type { Rights } from './rights.ts';
import { isUserLog, type Topic } from './topic.ts';
import type { Right, TopicReader } from './topic-reader.ts';

export type StaleOptions = {
  readonly hub: Hub;
  readonly reader: TopicReader;
  readonly sessions: Sessions;
  readonly rights: Rights;
  readonly revocations: Revocations;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Tells all sockets of a topic its new position. */
  readonly tellAll: (topic: Topic) => void;
};

export class Stale {
  readonly #options: StaleOptions;

  constructor(options: StaleOptions) {
    this.#options = options;
  }

  /** Takes a topic out of service until it could be joined again; tries until that works or nobody follows it. */
  async rejoin(topic: Topic): Promise<void> {
    const { hub, log, signal } = this.#options;
    hub.goStale(topic);
    for (let waitMs = retryMsMin; isStale(topic) && !signal.aborted; waitMs = Math.min(waitMs * 2, retryMsMax)) {
      try {
        await this.#join(topic);
      } catch (err) {
        log.warn({ topic: topic.name, err }, 'a stale topic could not be joined again yet');
        await delay(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #join(topic: Topic): Promise<void> {
    const { hub, reader, revocations, sessions, tellAll } = this.#options;
    const asked = new Set(this.#followers(topic).map((session) => session.caller.key));
    const rights = new Map<string, Right | undefined>();
    let head = Number.POSITIVE_INFINITY;
    await Promise.all(
      [...asked].map(async (userKey) => {
        const right = await reader.right(topic.name, userKey);
        rights.set(userKey, right);
        if (right !== undefined) head = Math.min(head, right.readAt);
      }),
    );
    // Rights read at or above the head hold from it on: what was revoked later comes in sequence.
    if (head === Number.POSITIVE_INFINITY) head = await reader.head(topic.name);
    if (topic.state !== 'stale') return;
    for (const session of this.#followers(topic)) {
      const { key } = session.caller;
      const right = rights.get(key) ?? (asked.has(key) ? undefined : currentRight(session, topic));
      if (right === undefined || revocations.latest(key, topic.name) > right.since) hub.detach(session, topic);
      else session.follows.renew(topic, right.since, head);
    }
    topic.head = head;
    tellAll(topic);
    hub.goLive(topic, head);
    if (isUserLog(topic.name)) this.#reconcile(sessions.all.filter((session) => session.follows.has(topic)));
  }

  #reconcile(sessions: readonly Session[]): void {
    for (const session of sessions) {
      this.#options.rights.reconcile(session).catch((err: unknown) => {
        this.#options.log.warn({ session: session.id, err }, 'rights could not be read again');
      });
    }
  }

  /** A look at every socket: rare, and cheaper than a list for each topic that is always kept. */
  #followers(topic: Topic): Session[] {
    return this.#options.sessions.all.filter((session) => session.follows.has(topic));
  }
}

/** Who joined while the others were asked has had its right read since. */
function currentRight(session: Session, topic: Topic): Right | undefined {
  const since = session.follows.since(topic);
  return since === undefined ? undefined : { since, readAt: topic.head };
}

function isStale(topic: Topic): boolean {
  return topic.state === 'stale';
}
