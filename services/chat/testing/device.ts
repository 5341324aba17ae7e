// A user's device as a test sees it: follows the topics that the user has a right to, as an edge would, and keeps what
// arrives until the test asks for it. Events are JSON objects, as apps get them.

import { type TopicEvent, TopicServiceService } from '../../../gen/circuit/link/v1/topic_service.ts';
import { memorySubscriptions } from '../../../mesh/bus/memory.ts';
import type { TestCaller, TestHost } from '../../../mesh/host/testing.ts';

export type Received = {
  readonly event: string;
  readonly topic: string;
  readonly seq: number;
  readonly data: Record<string, unknown>;
};

export type Device = {
  /** The first event of this name that no `next` has answered yet; waits for it, at most 5 s. */
  next(event: string): Promise<Record<string, unknown>>;
  /** Everything that arrived so far, in order. */
  readonly received: readonly Received[];
  /** Topics followed now. */
  readonly topics: ReadonlySet<string>;
  /** Follows whatever the user may follow now; topics granted later are followed by themselves. */
  follow(): Promise<void>;
  close(): void;
};

type Waiting = { readonly event: string; readonly found: (data: Record<string, unknown>) => void };

const patienceMs = 5_000;
const eventsMax = 10_000;

export function openDevice(host: TestHost, user: { readonly userKey: string; readonly accountKey: string }): Device {
  const edge: TestCaller = host.asService({ kind: 'edge', key: 'edge' });
  const subscriptions = memorySubscriptions(host.host.bus);
  const inbox = openInbox(host);
  const heads = new Map<string, number>();
  const held = new Map<string, TopicEvent[]>();
  const closing = new AbortController();

  /** Live events wait until the topic's position is known: from `after`, where given, else from the head. */
  async function join(topic: string, after?: number): Promise<void> {
    if (heads.has(topic) || held.has(topic)) return;
    held.set(topic, []);
    await subscriptions.subscribe(topic, closing.signal);
    const position = after ?? (await headOf(edge, topic));
    const { events } = await edge.call(TopicServiceService.listEntries, { topic, after: position, limit: 0 });
    const live = held.get(topic) ?? [];
    held.delete(topic);
    heads.set(topic, position);
    for (const event of [...events, ...live]) take(event);
  }

  function leave(topic: string): void {
    heads.delete(topic);
    subscriptions.unsubscribe(topic);
  }

  function take(event: TopicEvent): void {
    const waits = held.get(event.topic);
    if (waits !== undefined) waits.push(event);
    const head = heads.get(event.topic);
    if (waits !== undefined || head === undefined || (event.seq !== 0 && event.seq <= head)) return;
    if (event.seq !== 0) heads.set(event.topic, event.seq);
    if (event.revokedUsers.includes(user.userKey)) leave(event.topic);
    inbox.keep(event);
    for (const { topic } of event.revokedTopics) leave(topic);
    for (const { topic, since, follow } of event.grantedTopics) if (follow) void join(topic, since - 1).catch(() => {});
  }

  subscriptions.onEvent(take);

  return {
    received: inbox.received,
    get topics() {
      return new Set(heads.keys());
    },
    next: inbox.next,
    async follow() {
      const direct = `d:${user.userKey}`;
      heads.set(direct, 0);
      await Promise.all([join(`u:${user.userKey}`), subscriptions.subscribe(direct, closing.signal)]);
      const { grants } = await edge.call(TopicServiceService.listGrants, user);
      for (const grant of grants) if (grant.follow) await join(grant.topic);
    },
    close() {
      closing.abort();
      for (const topic of heads.keys()) subscriptions.unsubscribe(topic);
    },
  };
}

async function headOf(edge: TestCaller, topic: string): Promise<number> {
  const { heads } = await edge.call(TopicServiceService.listHeads, { topics: [topic] });
  return heads[0]?.seq ?? 0;
}

/** What arrived, and who waits for what. */
function openInbox(host: TestHost) {
  const received: Received[] = [];
  const unread: Received[] = [];
  const waiting: Waiting[] = [];

  function keep({ event, topic, seq, data }: TopicEvent): void {
    const push = host.api.pushes.get(event);
    if (push === undefined) throw new Error(`There is no event ${event}.`);
    const arrived = { event, topic, seq, data: JSON.parse(push.message.decodeJson(data)) as Record<string, unknown> };
    if (received.length >= eventsMax) throw new Error('A test device got more events than it keeps.');
    received.push(arrived);
    const at = waiting.findIndex((each) => each.event === event);
    if (at < 0) unread.push(arrived);
    else waiting.splice(at, 1)[0]?.found(arrived.data);
  }

  function next(event: string): Promise<Record<string, unknown>> {
    const at = unread.findIndex((each) => each.event === event);
    const there = at < 0 ? undefined : unread.splice(at, 1)[0];
    if (there !== undefined) return Promise.resolve(there.data);
    return new Promise((resolve, reject) => {
      const wait = { event, found };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(wait), 1);
        const seen = received.map((each) => each.event).join(', ');
        reject(new Error(`No ${event} came in ${patienceMs} ms; what came: ${seen || 'nothing'}.`));
      }, patienceMs);
      function found(data: Record<string, unknown>): void {
        clearTimeout(timer);
        resolve(data);
      }
      waiting.push(wait);
    });
  }

  return { received, keep, next };
}
