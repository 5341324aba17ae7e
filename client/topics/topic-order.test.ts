import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicOrder } from './topic-order.ts';

const event = (seq: number) => ({ seq, event: 'message.new', data: seq });

describe('the order of a topic', () => {
  it('delivers every event once and in order, however they arrive', () => {
    const arrivals = fc
      .integer({ min: 1, max: 40 })
      .chain((head) =>
        fc.array(fc.integer({ min: 1, max: head }), { maxLength: 200 }).map((extra) => ({ head, extra })),
      );
    fc.assert(
      fc.property(arrivals, fc.integer(), ({ head, extra }, seed) => {
        const every = Array.from({ length: head }, (_, index) => index + 1);
        const mixed = [...every, ...extra].sort((one, other) => ((one * seed) % 7) - ((other * seed) % 7));
        const order = new TopicOrder(0);
        const delivered = mixed.flatMap((seq) => order.offer(event(seq)).map(({ seq }) => seq));
        expect(delivered).toEqual(every);
        expect(order.gap).toBe(false);
      }),
    );
  });

  it('goes on behind what is gone', () => {
    const order = new TopicOrder(3);
    expect(order.offer(event(9))).toEqual([]);
    expect(order.offer(event(6))).toEqual([]);
    expect(order.lowestHeld).toBe(5);
    expect(order.jump(8).map(({ seq }) => seq)).toEqual([9]);
    expect(order.position).toBe(9);
  });
});
