// Whatever the line does, each view ends up equal to the log, and each app heard every message once and in order:
// two people on a real mesh, each behind a line of their own that is cut, loses answers, drops and doubles events.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallError } from '../../client/call-error.ts';
import type { Conversation } from '../../client/chat/conversation.ts';
import type { MessageView } from '../../client/chat/conversation-state.ts';
import { type Client, connect } from '../../client/connect.ts';
import { fastClock } from '../../client/testing/clocks.ts';
import { text, when } from '../../client/testing/talk.ts';
import { asha, ravi } from '../../mesh/host/testing.ts';
import { faultySocket, type SocketFaults } from './faulty-socket.ts';
import { type Line, openLine } from './line.ts';
import { openMesh, type RunningMesh } from './running-mesh.ts';

type Who = 0 | 1;
type Change = { readonly do: 'edit' | 'delete' | 'react'; readonly who: Who; readonly which: number };
type Step =
  | { readonly do: 'send' | 'cut' | 'lose an answer'; readonly who: Who }
  | Change
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'mend' | 'settle' };

const who = fc.constantFrom(0 as const, 1 as const);
const change = fc.constantFrom('edit' as const, 'delete' as const, 'react' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: change, who, which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'lose an answer' as const), who }) },
  { weight: 2, arbitrary: fc.constant({ do: 'mend' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'settle' as const }) },
);
const seqs = fc.array(fc.integer({ min: 2, max: 30 }), { maxLength: 8 });
const course = fc.record({
  steps: fc.array(step, { minLength: 10, maxLength: 40 }),
  dropped: fc.tuple(seqs, seqs),
  doubled: fc.tuple(seqs, seqs),
});

type Side = {
  readonly client: Client;
  readonly line: Line;
  readonly faults: SocketFaults;
  view: Conversation;
  /** Ids of what this side wrote, in order. */
  readonly written: string[];
  /** Numbers of messages as the app heard of them. */
  readonly heard: number[];
};

let mesh: RunningMesh;
beforeAll(async () => {
  mesh = await openMesh(undefined, { limits: { costPerSecond: 1e6, costBurst: 1e6, strangerPerSecond: 1e6 } });
});
afterAll(() => mesh.close());

async function openSide(user: typeof asha, dropped: readonly number[], doubled: readonly number[]): Promise<Side> {
  const line = await openLine(mesh.edge.port);
  const faults: SocketFaults = { dropped: new Set(dropped), doubled: new Set(doubled), losesAnswer: false };
  const client = connect({
    url: `http://127.0.0.1:${line.port}`,
    token: () => mesh.chat.host.issuer.issueUser(user),
    WebSocket: faultySocket(faults),
    clock: fastClock,
  });
  await when(client, () => client.state.name === 'online');
  await client.conversations.load();
  return { client, line, faults, view: client.conversations.get(''), written: [], heard: [] };
}

/** A group of the two, open at both. */
async function openGroup([hers, his]: readonly [Side, Side]): Promise<void> {
  hers.view = await hers.client.conversations.create({
    type: 'group',
    participant_keys: [ravi.userKey],
    info: { name: 'Pond' },
  });
  his.view = his.client.conversations.get(hers.view.id);
  await expect.poll(() => his.client.follows(`c:${his.view.id}`)).toBe(true);
  for (const { client, view, heard } of [hers, his]) {
    client.on('message.new', ({ message }) => {
      if (message.conversation_id === view.id && message.number > 0) heard.push(message.number);
    });
    await view.open();
  }
}

class Course {
  readonly #sides: readonly [Side, Side];
  readonly #sent: Promise<unknown>[] = [];

  constructor(sides: readonly [Side, Side]) {
    this.#sides = sides;
  }

  async take(each: Step, index: number): Promise<void> {
    switch (each.do) {
      case 'turns':
        return turns(each.count);
      case 'mend':
        return this.#mend();
      case 'settle':
        return this.settle();
      case 'send':
        return this.#send(this.#sides[each.who], `message ${index}`);
      case 'cut':
        return this.#sides[each.who].line.cut();
      case 'lose an answer':
        this.#sides[each.who].faults.losesAnswer = true;
        return;
      default:
        this.#change(each, index);
    }
  }

  /** The lines hold, and everything that was sent or changed has its answer. */
  async settle(): Promise<void> {
    this.#mend();
    await Promise.all(this.#sent.splice(0));
  }

  #send({ view, written }: Side, words: string): void {
    const { clientMessageId, stored } = view.send(text(words));
    written.push(clientMessageId);
    this.#sent.push(stored);
  }

  #mend(): void {
    for (const { line } of this.#sides) line.mend();
  }

  #change({ do: verb, who, which }: Change, index: number): void {
    const { view, client } = this.#sides[who];
    const own = ownOf(client);
    const stored = view.messages.filter(
      (message) => message.number > 0 && !message.deleted && (verb === 'react' || own(message)),
    );
    const { message_id } = stored[which % Math.max(1, stored.length)] ?? {};
    if (message_id === undefined) return;
    const changed =
      verb === 'edit'
        ? view.edit(message_id, { type: 'text', text: `edited ${index}` })
        : verb === 'delete'
          ? view.remove(message_id, 'everyone')
          : view.react(message_id, '🐟', true);
    // It may have been deleted a moment ago.
    this.#sent.push(
      changed.catch((error: CallError) => {
        if (error.reason !== 'MESSAGE_DELETED') throw error;
      }),
    );
  }
}

const ownOf =
  ({ userKey }: Client) =>
  ({ sender, content }: MessageView) =>
    sender.user_key === userKey && content?.type !== 'system';

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a view shows, as far as the log says the same to everyone. */
function shown(view: Conversation): unknown[] {
  return view.messages
    .filter(({ content }) => content?.type !== 'system')
    .map(({ seq, content, deleted, reactions = [] }) => ({
      seq,
      text: content?.text,
      deleted: deleted !== undefined,
      reactions: reactions.map(({ emoji, count }) => `${emoji}${count}`),
    }));
}

/** The same conversation as somebody sees it who comes now, over a line without a fault. */
async function logOf(id: string): Promise<Conversation> {
  const side = await openSide(asha, [], []);
  const view = side.client.conversations.get(id);
  await view.open();
  while (view.hasOlder) await view.loadOlder();
  side.client.close();
  await side.line.close();
  return view;
}

describe('exactly once, on a real mesh', () => {
  it('holds over cuts, lost answers, dropped and doubled events', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(course, async ({ steps, dropped, doubled }) => {
        const sides = [
          await openSide(asha, dropped[0], doubled[0]),
          await openSide(ravi, dropped[1], doubled[1]),
        ] as const;
        await openGroup(sides);
        const taken = new Course(sides);
        for (const [index, each] of steps.entries()) await taken.take(each, index);
        await taken.settle();
        for (const { faults } of sides) {
          faults.dropped.clear();
          faults.losesAnswer = false;
        }
        // A dropped last event shows with the next one.
        await taken.take({ do: 'send', who: 0 }, steps.length);
        await taken.settle();
        const log = await logOf(sides[0].view.id);
        const numbers = log.messages.flatMap(({ number }) => (number > 0 ? [number] : []));
        for (const { client, view, heard, written, line } of sides) {
          await when(client, () => client.state.name === 'online');
          await when(view, () => JSON.stringify(shown(view)) === JSON.stringify(shown(log)));
          await expect.poll(() => heard.at(-1)).toBe(numbers.at(-1));
          expect(heard).toEqual(numbers);
          expect(view.messages.filter(ownOf(client)).map(({ key }) => key)).toEqual(written);
          client.close();
          await line.close();
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
