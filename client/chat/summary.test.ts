import { describe, expect, it } from 'vitest';
import type { Message } from '../../gen/json/api.ts';
import { wholeConversation, wholeMembership, wholeMessage } from '../testing/whole.ts';
import { fresher, numberAt, summaryOf, unreadOf, withMembership, withMessage } from './summary.ts';

const page = wholeConversation({ last_seq: 20, last_number: 12 });
const read = summaryOf({ ...page, membership: wholeMembership({ unread_count: 2, read_seq: 17, changed: 5 }) });
const message = (seq: number, number: number, user_key: string): Message =>
  wholeMessage({ seq, number, sender: { kind: 'user', user_key } });

describe('a line of the list', () => {
  it('counts what others say, once, and nothing up to what the user says', () => {
    const twice = [message(21, 13, 'ravi'), message(21, 13, 'ravi'), message(23, 14, 'ravi')];
    const after = twice.reduce((line, each) => withMessage(line, each, 'asha', 'words'), read);
    expect(unreadOf(after)).toBe(4);
    expect(unreadOf(withMessage(after, message(24, 15, 'asha'), 'asha', 'words'))).toBe(0);
  });

  it('keeps the newest message when an older one comes late', () => {
    const newest = withMessage(read, message(24, 15, 'ravi'), 'asha', 'newest');
    expect(withMessage(newest, message(23, 14, 'ravi'), 'asha', 'late').conversation.last_message).toMatchObject({
      content_preview: 'newest',
    });
  });

  it('takes an own row only when it is newer, and then what was read elsewhere', () => {
    expect(unreadOf(withMembership(read, wholeMembership({ read_seq: 20, changed: 6 }), 12))).toBe(0);
    expect(withMembership(read, wholeMembership({ read_seq: 20, changed: 4 }), 12)).toBe(read);
  });

  it('does not go back to an older page of the list', () => {
    const live = withMessage(read, message(21, 13, 'ravi'), 'asha', 'words');
    expect(fresher(live, page)).toBe(live);
  });

  it('knows how many messages a position has below it only where the history reaches', () => {
    const loaded = [message(18, 11, 'ravi'), message(20, 12, 'ravi')];
    expect(numberAt(loaded, 19, 20, 12)).toBe(11);
    expect(numberAt(loaded, 17, 20, 12)).toBeUndefined();
    expect(numberAt([], 20, 20, 12)).toBe(12);
  });
});
