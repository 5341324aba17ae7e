import { describe, expect, it } from 'vitest';
import { openLog } from '../../mesh/telemetry/log.ts';
import { EdgeCounters } from '../counters.ts';
import { headCheckMs, headGraceMs, headPageSpreadMs, headSpreadMsMax, headsPageMax, lingerMs } from '../limits.ts';
import { Sessions } from '../socket/sessions.ts';
import { pondApi } from '../testing/pond.ts';
import { Heads } from './heads.ts';
import { Hub } from './hub.ts';
import { Publisher } from './publisher.ts';
import { Revocations } from './revocations.ts';
import type { Topic } from './topic.ts';
import type { TopicReader } from './topic-reader.ts';

/** A hub whose services answer these heads, on a clock that the test moves. */
async function openHub() {
  const api = await pondApi();
  const time = { now: 1_000_000 };
  const clock = (): number => time.now;
  const heads = new Map<string, number>();
  const gaps: Topic[] = [];
  const left: string[] = [];
  const counters = new EdgeCounters();
  const lines: Record<string, unknown>[] = [];
  const log = openLog({ destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const app = { publish: () => true };
  const publisher = new Publisher({ app, api, sessions: new Sessions(), log, counters, clock });
  const reader = { head: async (topic: string) => heads.get(topic) ?? 0 } as unknown as TopicReader;
  const subscriptions = {
    subscribe: async () => {},
    unsubscribe: (topic: string) => void left.push(topic),
    onEvent: () => {},
    onGap: () => {},
  };
  const { signal } = new AbortController();
  const revocations = new Revocations();
  const hub = new Hub({ api, subscriptions, reader, publisher, revocations, counters, clock, signal });
  hub.listen({ onGap: (topic) => void gaps.push(topic), onRights: () => {} });
  const topicOf = async (name: string): Promise<Topic> => {
    const topic = hub.pin(name);
    await topic.opened;
    return topic;
  };
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  const pause = (ms: number) => new Promise<void>((end) => pauses.push({ ms, end }));
  const check = new Heads({ hub, reader, log, counters, clock, signal, pause });
  return { hub, heads, gaps, left, counters, time, topicOf, check, pauses, lines };
}

describe('head checks', () => {
  it('come to every topic once in their time, in even portions', async () => {
    const { hub, topicOf } = await openHub();
    const names = Array.from({ length: 600 }, (_, n) => `q:${n}`);
    await Promise.all(names.map(topicOf));
    const seen: string[] = [];
    let most = 0;
    for (let second = 0; second < headCheckMs / 1_000; second++) {
      const due = hub.tick();
      most = Math.max(most, due.length);
      seen.push(...due.map(({ name }) => name));
    }
    expect(seen.sort()).toEqual(names.sort());
    expect(most).toBeLessThan(50);
  });

  it('count and ask for what did not come by itself, and not what was on its way', async () => {
    const { check, heads, gaps, counters, time, topicOf } = await openHub();
    const [lost, late] = [await topicOf('q:1'), await topicOf('q:2')];
    heads.set('q:1', 3).set('q:2', 3);
    await check.check([lost, late]);
    check.tick();
    expect([gaps, counters.headBehind]).toEqual([[], 0]);
    late.head = 3;
    time.now += headGraceMs;
    check.tick();
    expect([gaps.map(({ name }) => name), lost.wanted, counters.headBehind]).toEqual([['q:1'], 3, 1]);
  });

  it('say in one line how many topics were behind, and name a few', async () => {
    const { check, heads, lines, time, topicOf } = await openHub();
    const topics = await Promise.all(Array.from({ length: 500 }, (_, n) => topicOf(`q:${n}`)));
    for (const { name } of topics) heads.set(name, 3);
    await check.check(topics);
    time.now += headGraceMs;
    check.tick();
    check.tick();
    expect(lines).toMatchObject([{ level: 'info', count: 500, detail: ['q:0', 'q:1', 'q:2'] }]);
  });

  it('come after a switch of the bus page by page, each after a pause of its own, and once', async () => {
    const { hub, check, heads, gaps, counters, pauses, topicOf } = await openHub();
    const topics = await Promise.all(Array.from({ length: 20_000 }, (_, n) => topicOf(`q:${n}`)));
    for (const { name } of topics) heads.set(name, 3);
    const done = check.checkNow(topics);
    await check.checkNow(topics);
    expect([pauses.length, counters.headChecks, gaps]).toEqual([topics.length / headsPageMax, 0, []]);
    const waits = pauses.map(({ ms }) => ms);
    expect(Math.max(...waits)).toBeLessThanOrEqual(headSpreadMsMax);
    // That 40 random pauses lie so close together never happens.
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(headSpreadMsMax / 4);
    pauses[0]!.end();
    await expect.poll(() => gaps.length).toBe(headsPageMax);
    for (const { end } of pauses) end();
    await done;
    expect([gaps.length, counters.headChecks, hub.size]).toEqual([20_000, 20_000, 20_000]);

    void check.checkNow(topics.slice(0, 2));
    expect(pauses.at(-1)!.ms).toBeLessThanOrEqual(headPageSpreadMs);
  });
});

describe('a topic that nobody follows', () => {
  it('is kept for those who come back, then let go', async () => {
    const { hub, left, time, topicOf } = await openHub();
    const topic = await topicOf('q:1');
    topic.speaksJson = true;
    hub.unpin(topic);
    time.now += lingerMs - 1;
    hub.tick();
    expect(hub.find('q:1')).toBe(topic);
    time.now += 1;
    hub.tick();
    expect([hub.find('q:1'), left]).toEqual([undefined, ['q:1']]);
  });
});
