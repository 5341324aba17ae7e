import { describe, expect, it } from 'vitest';
import { batchBytesMax, Outbox, waitingBytesMax } from './outbox.ts';

/** An outbox over a stream that takes what it is given when the test says so. */
function open() {
  const batches: Buffer[] = [];
  const pending: (() => void)[] = [];
  let overflows = 0;
  const outbox = new Outbox({
    send: (batch, sent) => {
      batches.push(batch);
      pending.push(sent);
    },
    onOverflow: () => {
      overflows += 1;
    },
  });
  const small = (text: string) => {
    outbox.writer.raw(Buffer.from(text));
    outbox.written();
  };
  const large = (letter: string, size: number) =>
    outbox.addLarge(size, (writer) => writer.raw(Buffer.alloc(size, letter)));
  const turn = () => new Promise(setImmediate);
  const take = () => pending.shift()?.();
  return { outbox, batches, small, large, turn, take, overflows: () => overflows };
}

describe('an outbox', () => {
  it('sends what came up in one turn together', async () => {
    const { batches, small, turn } = open();
    small('a');
    queueMicrotask(() => small('b'));
    await turn();
    small('c');
    await turn();
    expect(batches.map(String)).toEqual(['ab', 'c']);
  });

  it('sends small parts first, and one large part with each batch', async () => {
    const { batches, small, large, turn, take } = open();
    large('X', 100);
    large('Y', 100);
    large('Z', 100);
    small('a');
    await turn();
    expect(batches.map((batch) => batch.toString().replaceAll(/([XYZ])\1+/g, '$1'))).toEqual(['aX', 'Y']);
    small('b');
    take();
    expect(batches[2]?.toString()).toBe(`b${'Z'.repeat(100)}`);
  });

  it('hands on two batches at most, until the stream has taken one; then all that waited goes at once', async () => {
    const { batches, small, turn, take } = open();
    for (const text of ['a', 'b', 'c', 'd']) {
      small(text);
      await turn();
    }
    expect(batches.map(String)).toEqual(['a', 'b']);
    take();
    expect(batches.map(String)).toEqual(['a', 'b', 'cd']);
  });

  it('cuts batches at their bound, and keeps the order', async () => {
    const { batches, small, turn, take } = open();
    const part = batchBytesMax / 4;
    for (const letter of 'abcdefghij') small(letter.repeat(part));
    await turn();
    while (batches.length < 3) take();
    expect(batches.map((batch) => batch.length / part)).toEqual([4, 4, 2]);
    expect(
      Buffer.concat(batches)
        .toString()
        .replaceAll(/(.)\1+/g, '$1'),
    ).toBe('abcdefghij');
  });

  it('is empty when all has been taken', async () => {
    const { outbox, small, turn, take } = open();
    small('a');
    let empty = false;
    const whenEmpty = outbox.whenEmpty().then(() => {
      empty = true;
    });
    await turn();
    expect(empty).toBe(false);
    take();
    await whenEmpty;
  });

  it('tells once when too much waits, and then takes nothing more', async () => {
    const { outbox, batches, large, turn, overflows } = open();
    const size = waitingBytesMax / 8;
    for (let count = 0; count < 12; count += 1) large('X', size);
    await turn();
    expect(overflows()).toBe(1);
    expect(batches).toHaveLength(0);
    await outbox.whenEmpty();
  });
});
