import { describe, expect, it } from 'vitest';
import { typingBoard, typingLimits } from './typing-board.ts';

const pond = '000000000042';
const asha = '100000000001';

describe('the typing board', () => {
  it('forgets a typer 5 s after the last key', () => {
    const board = typingBoard();
    board.start(pond, asha, 1_000);
    board.start(pond, asha, 4_000);
    expect(board.typers(pond, 8_999)).toEqual([{ userKey: asha, startedAt: 1_000, expiresAt: 9_000 }]);
    expect(board.typers(pond, 9_000)).toEqual([]);
    expect(board.start(pond, asha, 9_000)).toBe(true);
  });

  it('tells the others of the same typer at most once a second', () => {
    const board = typingBoard();
    const told = [0, 100, 999, 1_000, 1_500, 2_000].map((at) => board.start(pond, asha, at));
    expect(told).toEqual([true, false, false, true, false, true]);
  });

  it('tells of a stop only where somebody typed', () => {
    const board = typingBoard();
    expect(board.stop(pond, asha, 0)).toBe(false);
    board.start(pond, asha, 0);
    expect(board.stop(pond, asha, 1)).toBe(true);
    expect(board.stop(pond, asha, 2)).toBe(false);
    board.start(pond, asha, 3);
    expect(board.stop(pond, asha, 6_000)).toBe(false);
  });

  it('stays bounded, and still tells of those that it does not list', () => {
    const board = typingBoard();
    for (let at = 0; at < typingLimits.typersMax + 5; at += 1) expect(board.start(pond, String(at), at)).toBe(true);
    expect(board.typers(pond, 100)).toHaveLength(typingLimits.typersMax);
    for (let at = 0; at < typingLimits.conversationsMax; at += 1) board.start(`c${at}`, asha, 100);
    expect(board.typers(pond, 100)).toEqual([]);
  });
});
