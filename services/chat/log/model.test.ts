import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../../gen/circuit/chat/v1/message.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import { type Action, beyondHead, perform, type Request } from './testing/actions.ts';
import { expectAll, type Told } from './testing/expectations.ts';
import type { Fate } from './testing/flaky-db.ts';
import { makeGroup, openTestLogs, type Process, type TestLogs } from './testing/test-logs.ts';

const people = ['100000000001', '100000000002', '100000000003', '100000000004'] as const;
const emojis = ['👍', '🐟'];

/** Indexes are taken modulo what there is when their turn comes. */
type Step =
  | {
      readonly kind: 'act';
      readonly process: number;
      readonly by: number;
      readonly what: Action['do'];
      readonly on: number;
    }
  | { readonly kind: 'retry'; readonly process: number; readonly which: number }
  | { readonly kind: 'kill'; readonly process: number; readonly afterWrites: number }
  | { readonly kind: 'sweep'; readonly process: number };

const index = fc.nat({ max: 63 });
const process = fc.nat({ max: 1 });
const what = fc.constantFrom<Action['do'][]>(
  ...([
    'send',
    'send',
    'send',
    'send',
    'edit',
    'edit',
    'delete',
    'react',
    'react',
    'react',
    'add',
    'add',
    'remove',
    'role',
    'leave',
    'read',
    'read',
    'read',
    'deliver',
  ] as const),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('act' as const), process, by: index, what, on: index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), process, which: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), process, afterWrites: fc.nat({ max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), process }) },
);
/** Steps of one wave run at the same time. */
const story = fc.record({
  waves: fc.array(fc.array(step, { minLength: 1, maxLength: 10, size: 'max' }), {
    minLength: 1,
    maxLength: 8,
    size: 'max',
  }),
  /** Per cent of writes whose command or answer is lost. */
  lossRate: fc.constantFrom(0, 5, 10, 20),
  seed: fc.integer(),
});
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never;

/** So many are played, however slow the machine; and more, while there is time. */
const storiesMin = 20;
const playMs = 20_000;

let logs: TestLogs;
beforeAll(async () => {
  // Reads that come often are gathered for a second each time; a story has many, and waits for each.
  logs = await openTestLogs(undefined, { gatherMs: 20 });
});
afterAll(() => logs.close());

describe('a conversation, whatever happens', () => {
  it('is what its model is', async () => {
    const seed = Number(globalThis.process.env.CIRCUIT_TEST_SEED ?? Date.now() % 1_000_000);
    console.info(`seed ${seed} (CIRCUIT_TEST_SEED repeats it)`);
    // Stories that would begin after this are passed over: none is broken off in its middle.
    const end = Date.now() + playMs;
    let played = 0;
    const property = fc.asyncProperty(story, async (told) => {
      if (Date.now() > end && played >= storiesMin) return;
      await play(told);
      played++;
    });
    await fc.assert(property, { seed, numRuns: 150, endOnFailure: true });
    console.info(`${played} stories`);
    expect(played).toBeGreaterThanOrEqual(storiesMin);
  }, 180_000);
});

async function play(told: Story): Promise<void> {
  const chance = randomNumbers(told.seed);
  const alive: Process[] = [opened(chance, told.lossRate), opened(chance, told.lossRate)];
  const dead: Process[] = [];
  const maker = logs.process();
  const pond = await makeGroup(maker, logs.now(), people.slice(0, 3));
  await maker.close();
  const results: Told[] = [];
  for (const [at, wave] of told.waves.entries()) {
    const known = results.flatMap(({ request, answer }) =>
      request.action.do === 'send' && answer?.message ? [answer.message] : [],
    );
    const work = wave.map(async (one, which) => {
      const running = alive[one.process]!;
      if (one.kind === 'sweep') await running.conversations.sweep().catch(() => {});
      else if (one.kind === 'kill') killAfter(running, one.afterWrites);
      else {
        const request = requestOf(one, `request ${at} ${which}`, known, results);
        if (request !== undefined) results.push(await tried(running, pond, request));
      }
    });
    await Promise.all(work);
    for (const [slot, running] of alive.entries()) {
      if (!wave.some((one) => one.kind === 'kill' && one.process === slot)) continue;
      running.kill();
      dead.push(running);
      alive[slot] = opened(chance, told.lossRate);
    }
  }
  await expectAll({ logs, pond, people, results, processes: [...dead, ...alive], chance });
  for (const running of alive) running.kill();
}

function opened(chance: () => number, lossRate: number): Process {
  const running = logs.process();
  running.flaky.fate = (_collection, method): Fate => {
    // Of inserts into logs, whose outcome nothing else tells, twice as many.
    const drawn = method === 'insertMany' ? chance() * 50 : chance() * 100;
    if (drawn >= lossRate) return 'done';
    return (['lost before', 'late', 'lost after'] as const)[Math.floor((drawn / lossRate) * 3)]!;
  };
  return running;
}

/** The process dies with one of its next writes: before the store has it, or before it hears of it. */
function killAfter(running: Process, afterWrites: number): void {
  const { fate } = running.flaky;
  let left = afterWrites;
  running.flaky.fate = (...command) => {
    if (left-- > 0) return fate(...command);
    running.kill();
    return afterWrites % 2 === 0 ? 'lost before' : 'lost after';
  };
}

function requestOf(
  one: Extract<Step, { kind: 'act' | 'retry' }>,
  requestId: string,
  known: readonly Message[],
  results: readonly Told[],
): Request | undefined {
  if (one.kind === 'retry') return results[one.which % Math.max(results.length, 1)]?.request;
  const message = known[one.on % Math.max(known.length, 1)];
  const by = actorOf(one, message);
  const action = actionOf(one, requestId, message, by);
  return action && { by, requestId, action };
}

/** Anybody; but often somebody who may do it. */
function actorOf({ what, by }: Extract<Step, { kind: 'act' }>, message: Message | undefined): string {
  const isLikely = by % 3 !== 0;
  if (isLikely && what === 'edit' && message?.sender !== undefined) return message.sender.userKey;
  if (isLikely && (what === 'add' || what === 'remove' || what === 'role')) return people[0];
  return people[by % people.length]!;
}

/** `undefined`: there is no message yet. */
function actionOf(
  { what, by, on }: Extract<Step, { kind: 'act' }>,
  text: string,
  message: Message | undefined,
  actor: string,
): Action | undefined {
  const userKey = people[on % people.length]!;
  switch (what) {
    case 'send':
      return { do: what, text };
    case 'leave':
      return { do: what };
    case 'add':
      return { do: what, userKey };
    case 'remove':
      // For oneself that is leaving, which has a step of its own.
      return userKey === actor ? undefined : { do: what, userKey };
    case 'role':
      return { do: what, userKey, role: (['admin', 'member', 'admin', 'owner'] as const)[by % 4]! };
  }
  if (message === undefined) return undefined;
  const { messageId, seq } = message;
  switch (what) {
    case 'edit':
      return { do: what, messageId, text };
    case 'delete':
      return { do: what, messageId };
    case 'react':
      return { do: what, messageId, emoji: emojis[by % emojis.length]!, removed: on % 3 === 0 };
    case 'read':
    case 'deliver':
      // Further than the log goes, too.
      return { do: what, seq: on % 8 === 0 ? seq + beyondHead : seq };
  }
}

async function tried(running: Process, pond: string, request: Request): Promise<Told> {
  try {
    return { request, answer: await perform(running, pond, request, logs.now()) };
  } catch (error) {
    if (!(error instanceof CircuitError) && !(error as Error).name.startsWith('Mongo')) throw error;
    return { request, error };
  }
}

/** Mulberry32: the same seed, the same losses, as far as the order of events is the same. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
