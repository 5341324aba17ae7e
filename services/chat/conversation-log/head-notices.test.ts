import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { account } from '../log/testing/test-logs.ts';
import { stateOf } from './head-fields.ts';
import { HeadNotices } from './head-notices.ts';

const betweenMs = 5_000;
const at = new Date(0);

/** A conversation with so many entries, all of them messages. */
function stateAt(conversationId: string, seq: number) {
  const head = {
    _id: conversationId,
    account_key: account,
    type: 'channel' as const,
    settings: { only_admins_can_send: false },
    created_by: '100000000001',
    member_count: 300,
    is_active: true,
    last_seq: seq,
    last_number: seq,
    created_at: at,
    updated_at: at,
  };
  return stateOf(head, new Map(), false);
}

function openNotices() {
  const told: string[] = [];
  const notices = new HeadNotices(({ conversationId, seq }) => told.push(`${conversationId} ${seq}`));
  return { told, moved: (id: string, seq: number) => notices.moved(stateAt(id, seq)), close: () => notices.close() };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the heads of a large conversation', () => {
  it('are told at once, and then at most once in five seconds, the newest', () => {
    const { told, moved } = openNotices();
    for (let seq = 1; seq <= 10; seq++) moved('one', seq);
    expect(told).toEqual(['one 1']);
    vi.advanceTimersByTime(betweenMs - 1);
    expect(told).toEqual(['one 1']);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(['one 1', 'one 10']);
    moved('one', 11);
    vi.advanceTimersByTime(betweenMs - 1);
    expect(told).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(told.at(-1)).toBe('one 11');
  });

  it('of a busy one are told every five seconds, of a quiet one not again', () => {
    const { told, moved } = openNotices();
    for (let second = 0; second < 60; second++) {
      moved('busy', second);
      if (second === 0) moved('quiet', 1);
      vi.advanceTimersByTime(1_000);
    }
    expect(told.filter((each) => each.startsWith('quiet'))).toEqual(['quiet 1']);
    expect(told.filter((each) => each.startsWith('busy'))).toHaveLength(1 + 60 / 5);
    vi.advanceTimersByTime(2 * betweenMs);
    expect(told).toContain('busy 59');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are told no more once it is closed', () => {
    const { told, moved, close } = openNotices();
    moved('one', 1);
    moved('one', 2);
    close();
    vi.advanceTimersByTime(betweenMs);
    expect(told).toEqual(['one 1']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
