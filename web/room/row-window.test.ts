import { describe, expect, it } from 'vitest';
import { RowWindow, rowsMax, rowsStep, type Shown } from './row-window.ts';

const messages = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ key: `${from + at}` }));
/** The keys at both ends. */
const ends = (all: readonly { key: string }[], { from, to }: Shown) => [all[from]?.key, all[to - 1]?.key];

describe('the rows in the page', () => {
  it('are all of a short history, and older ones only as the reader comes to them', () => {
    const window = new RowWindow();
    expect(ends(messages(50, 100), window.of(messages(50, 100), true))).toEqual(['50', '99']);
    const longer = messages(0, 100);
    expect(ends(longer, window.of(longer, false))).toEqual(['50', '99']);
    expect(window.up(longer)).toBe(true);
    expect(ends(longer, window.of(longer, false))).toEqual(['0', '99']);
    expect(window.up(longer)).toBe(false);
  });

  it('follow the newest while the reader is there, and stay where they are while not', () => {
    const window = new RowWindow();
    window.of(messages(0, rowsMax), true);
    const one = messages(0, rowsMax + 1);
    expect(ends(one, window.of(one, true))).toEqual(['1', `${rowsMax}`]);
    const two = messages(0, rowsMax + 2);
    expect(ends(two, window.of(two, false))).toEqual(['1', `${rowsMax}`]);
    expect(window.down(two)).toBe(true);
    expect(ends(two, window.of(two, false))).toEqual(['2', `${rowsMax + 1}`]);
    expect(window.down(two)).toBe(false);
  });

  it('are never more than the bound, wherever the reader goes', () => {
    const window = new RowWindow();
    const all = messages(0, 2_000);
    const size = ({ from, to }: Shown) => to - from;
    window.toEnd(all);
    while (window.up(all)) expect(size(window.of(all, false))).toBe(rowsMax);
    expect(ends(all, window.of(all, false))).toEqual(['0', `${rowsMax - 1}`]);
    while (window.down(all)) expect(size(window.of(all, false))).toBe(rowsMax);
    expect(ends(all, window.of(all, false))).toEqual([`${2_000 - rowsMax}`, '1999']);
    window.around(all, 700);
    expect(ends(all, window.of(all, false))).toEqual(['550', '849']);
    window.around(all, 3);
    expect(window.of(all, false).from).toBe(0);
    expect(rowsStep).toBeLessThan(rowsMax);
  });

  it('are the newest again when those that were shown are gone', () => {
    const window = new RowWindow();
    window.around(messages(0, 2_000), 700);
    const anew = messages(5_000, 5_050);
    expect(ends(anew, window.of(anew, false))).toEqual(['5000', '5049']);
    expect(window.of([], true)).toEqual({ from: 0, to: 0 });
  });
});
