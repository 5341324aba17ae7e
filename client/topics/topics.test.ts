import { describe, expect, it } from 'vitest';
import { StandingClock } from '../testing/clocks.ts';
import { Topics } from './topics.ts';

type Answer = (data: { positions: unknown }) => unknown;

/** Topics whose calls the test answers. */
function topics(answers: Readonly<Record<string, Answer>>) {
  const clock = new StandingClock();
  const calls: string[] = [];
  const delivered: string[] = [];
  const gone: string[] = [];
  let failures = 0;
  const made = new Topics({
    clock,
    call: async (event, data) => {
      calls.push(event);
      return answers[event]?.(data as { positions: unknown });
    },
    resumeTopicsMax: () => 2,
    began: () => undefined,
    deliver: (event, _data, topic, seq) => delivered.push(`${topic} ${seq} ${event}`),
    gone: (topic) => gone.push(topic),
    failed: () => {
      failures += 1;
    },
  });
  const event = (topic: string, seq: number) => made.event({ event: 'message.new', topic, seq, data: {} });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { made, event, clock, calls, delivered, gone, turn, failures: () => failures };
}

describe('topics', () => {
  it('do not believe that all was replayed when it was not', async () => {
    const { made, calls, delivered } = topics({
      'session.resume': () => ({ topics: { 'c:1': 'replayed' } }),
      sync: () => ({
        topics: [
          {
            topic: 'c:1',
            entries: [
              { seq: 4, message_new: {} },
              { seq: 5, message_deleted: {} },
            ],
            head: 5,
          },
        ],
      }),
    });
    await made.follow({ 'c:1': 3 });
    await made.follow({ 'c:1': 5 });
    expect(calls).toEqual(['session.resume', 'sync']);
    expect(delivered).toEqual(['c:1 4 message.new', 'c:1 5 message.deleted']);
  });

  it('ask in pages, and again for what did not fit', async () => {
    let left = 2;
    const { made, calls } = topics({
      'session.resume': ({ positions }) => {
        const asked = Object.keys(positions as object);
        left -= 1;
        return left >= 0 ? { remaining: asked.slice(1), topics: { [asked[0] ?? '']: 'stale' } } : { topics: {} };
      },
      sync: () => ({ topics: [] }),
    });
    await made.follow({ 'c:1': 1, 'c:2': 1, 'c:3': 1 });
    await made.follow({ 'c:1': 2, 'c:2': 2, 'c:3': 2 });
    expect(calls).toEqual(['session.resume', 'session.resume', 'session.resume', 'sync']);
  });

  it('ask for a missing event ever more slowly, and give the socket up when nobody has it', async () => {
    const { event, made, clock, calls, delivered, turn, failures } = topics({
      sync: () => ({ topics: [{ topic: 'c:1', entries: [], head: 1 }] }),
    });
    await made.follow({ 'c:1': 1 });
    event('c:1', 3);
    await turn();
    expect(calls).toHaveLength(1);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      clock.move(6_000);
      await turn();
    }
    expect(calls).toHaveLength(6);
    expect(failures()).toBe(1);
    event('c:1', 2);
    expect(delivered).toEqual(['c:1 2 message.new', 'c:1 3 message.new']);
  });

  it('are told as gone where there is no RPC to ask, and go on from there', async () => {
    const { event, made, gone, delivered } = topics({ 'session.resume': () => ({ topics: { 'x:1': 'stale' } }) });
    await made.follow({ 'x:1': 3 });
    await made.follow({ 'x:1': 9 });
    event('x:1', 10);
    expect(gone).toEqual(['x:1']);
    expect(delivered).toEqual(['x:1 10 message.new']);
  });

  it('go back to where the log is, when it was restored from a backup and is shorter', async () => {
    const { event, made, gone, delivered } = topics({
      sync: () => ({ topics: [{ topic: 'c:1', entries: [], head: 3, gone: true }] }),
    });
    await made.follow({ 'c:1': 9 });
    await made.follow({ 'c:1': 3 });
    event('c:1', 4);
    expect(gone).toEqual(['c:1']);
    expect(delivered).toEqual(['c:1 4 message.new']);
  });

  it('stay where they are when an edge lags behind the one before', async () => {
    const { event, made, gone, delivered } = topics({
      sync: () => ({ topics: [{ topic: 'c:1', entries: [], head: 9, gone: false }] }),
    });
    await made.follow({ 'c:1': 9 });
    await made.follow({ 'c:1': 8 });
    event('c:1', 9);
    event('c:1', 10);
    expect(gone).toEqual([]);
    expect(delivered).toEqual(['c:1 10 message.new']);
  });
});
