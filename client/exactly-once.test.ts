// Whatever the line does, each view ends up equal to the log, and each app heard every message once and in order.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation } from './chat/conversation.ts';
import type { SmallEdge } from './testing/small-edge.ts';
import { asha, pond, ravi, talk, text, texts, when } from './testing/talk.ts';

type Step =
  | { readonly do: 'send'; readonly who: 0 | 1 }
  | { readonly do: 'edit' | 'delete' | 'react'; readonly who: 0 | 1; readonly which: number }
  | { readonly do: 'cut'; readonly who: 0 | 1 }
  | { readonly do: 'cut before the answer'; readonly who: 0 | 1 }
  | { readonly do: 'turn' };

const who = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('edit' as const, 'delete' as const, 'react' as const),
      who,
      which: fc.nat(20),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut before the answer' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

const faults = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  dropped: fc.array(fc.integer({ min: 2, max: 40 }), { maxLength: 12 }),
  doubled: fc.array(fc.integer({ min: 2, max: 40 }), { maxLength: 12 }),
  ringLength: fc.constantFrom(0, 2, 5, 100),
});

describe('exactly once', () => {
  it('holds over cuts, lost and doubled events, lost answers and short rings', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(faults, async ({ steps, dropped, doubled, ringLength }) => {
        await using mesh = await talk();
        const people = [await mesh.join(asha), await mesh.join(ravi)] as const;
        const heard = people.map(({ client }) => {
          const seqs: number[] = [];
          // An own message shows with its answer; that the app hears of it may take a page of what was missed before.
          const end = new Promise<void>((resolve) => {
            client.on('message.new', ({ message }, { seq }) => {
              seqs.push(seq);
              if (message.content?.text === 'the end') resolve();
            });
          });
          return { seqs, end };
        });
        const { edge } = mesh;
        edge.faults = {
          ringLength,
          drop: (_user, seq) => dropped.includes(seq),
          double: (_user, seq) => doubled.includes(seq),
          cutBeforeAnswer: () => false,
        };
        const sent: Promise<unknown>[] = [];
        for (const [index, each] of steps.entries()) await perform(each, index, edge, people, sent);
        edge.faults = { ...edge.faults, drop: () => false, cutBeforeAnswer: () => false };
        await Promise.all(sent);
        // A dropped last event shows with the next one; the real edge compares heads for that.
        await people[0].view.send(text('the end')).stored;

        for (const [index, { view, client }] of people.entries()) {
          await when(view, () => texts(view).at(-1) === 'the end' && client.state.name === 'online');
          await when(view, () => equal(view, edge));
          const messages = edge.chat.messages(pond).map(({ seq }) => seq);
          await heard[index]?.end;
          expect(heard[index]?.seqs).toEqual(messages);
        }
      }),
      { numRuns: 60 },
    );
  });
});

async function perform(
  each: Step,
  index: number,
  edge: SmallEdge,
  people: readonly [{ view: Conversation }, { view: Conversation }],
  sent: Promise<unknown>[],
): Promise<void> {
  if (each.do === 'turn') return new Promise((resolve) => setImmediate(resolve));
  const { view } = people[each.who];
  if (each.do === 'send') sent.push(view.send(text(`message ${index}`)).stored);
  else if (each.do === 'cut') edge.cut(each.who === 0 ? asha : ravi);
  else if (each.do === 'cut before the answer') {
    edge.faults = { ...edge.faults, cutBeforeAnswer: once((event) => event === 'message.send') };
  } else {
    const stored = view.messages.filter(({ message_id, deleted }) => message_id && !deleted);
    const { message_id } = stored[each.which % Math.max(1, stored.length)] ?? {};
    if (message_id === undefined) return;
    if (each.do === 'edit') sent.push(view.edit(message_id, { type: 'text', text: `edited ${index}` }));
    else if (each.do === 'delete') sent.push(view.remove(message_id, 'everyone'));
    else sent.push(view.react(message_id, '🐟', true));
  }
}

/** True for the first that fits, and never again. */
function once(fits: (event: string) => boolean): (event: string) => boolean {
  let over = false;
  return (event) => {
    if (over || !fits(event)) return false;
    over = true;
    return true;
  };
}

/** What a view shows of a message, and what the log says of it. */
function equal(view: Conversation, edge: SmallEdge): boolean {
  const shape = ({ seq, content, deleted, reactions = [] }: Record<string, unknown>) => ({
    seq,
    text: (content as { text?: string } | undefined)?.text,
    deleted: deleted !== undefined,
    reactions: (reactions as { emoji: string; count: number }[]).map(({ emoji, count }) => `${emoji}${count}`),
  });
  const shown = view.messages
    .filter(({ content }) => content?.type !== 'system')
    .map((message) => shape({ ...message }));
  const log = edge.chat.messages(pond).map((message) => shape(message));
  return JSON.stringify(shown) === JSON.stringify(log);
}
