// Fan-out: topics from the bus to the sockets. One file, one concern; here they are put together.

import type { TemplatedApp } from 'uWebSockets.js';
import type { Subscriptions } from '../../mesh/bus/bus.ts';
import type { Links } from '../../mesh/caller/links.ts';
import type { Api } from '../../mesh/schema/api.ts';
import type { Logger } from '../../mesh/telemetry/log.ts';
import type { EdgeCounters } from '../counters.ts';
import type { EdgeLimits } from '../limits.ts';
import { jsonFormat } from '../socket/json-format.ts';
import { protoFormat } from '../socket/proto-format.ts';
import type { Sessions } from '../socket/sessions.ts';
import type { Tell } from '../socket/tell.ts';
import { Gaps } from './gaps.ts';
import { Heads } from './heads.ts';
import { Hub } from './hub.ts';
import { Publisher } from './publisher.ts';
import { Resume } from './resume.ts';
import { Revocations } from './revocations.ts';
import { Rights } from './rights.ts';
import { Stale } from './stale.ts';
import type { Topic } from './topic.ts';
import { TopicReader } from './topic-reader.ts';

export type FanoutOptions = {
  readonly app: Pick<TemplatedApp, 'publish'>;
  readonly api: Api;
  readonly links: Links;
  readonly subscriptions: Subscriptions;
  readonly sessions: Sessions;
  readonly tell: Tell;
  readonly limits: EdgeLimits;
  readonly log: Logger;
  readonly counters: EdgeCounters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
};

export type Fanout = {
  readonly hub: Hub;
  readonly rights: Rights;
  readonly resume: Resume;
  /** Once a second. */
  readonly tick: () => void;
};

export function openFanout(options: FanoutOptions): Fanout {
  const { api, links, subscriptions, tell, limits, signal } = options;
  const reader = new TopicReader(api, links, signal);
  const revocations = new Revocations();
  const publisher = new Publisher(options);
  const common = { ...options, reader, revocations, publisher };
  const hub = new Hub(common);
  const rights = new Rights({
    ...common,
    hub,
    topicsMax: limits.topicsPerSocket,
    tellJoined: (session, topics) => tell.joined(session, topics),
  });
  const tellAll = (topic: Topic): void => {
    if (topic.jsonFollowers > 0) publisher.send(topic, jsonFormat, tell.joinedFrame(jsonFormat, [topic]));
    if (topic.protoFollowers > 0) publisher.send(topic, protoFormat, tell.joinedFrame(protoFormat, [topic]));
  };
  const stale = new Stale({ ...common, hub, rights, tellAll });
  const gaps = new Gaps({ ...common, hub, onStale: (topic) => void stale.rejoin(topic) });
  const heads = new Heads({ ...common, hub });
  hub.listen({ onGap: (topic) => gaps.fill(topic), onRights: (topic, event) => rights.apply(topic, event) });
  subscriptions.onGap((names) => {
    const topics = [...names].map((name) => hub.find(name)).filter((topic) => topic !== undefined);
    void heads.checkNow(topics);
  });

  const tick = (): void => {
    heads.tick();
    void heads.check(hub.tick());
  };
  return { hub, rights, resume: new Resume({ ...common, hub }), tick };
}
