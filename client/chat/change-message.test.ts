import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../gen/json/api.ts';
import { wholeMessage } from '../testing/whole.ts';
import { changeMessage, changeQuote, type MessageChange } from './change-message.ts';

const message = wholeMessage({ message_id: '7', seq: 10, content: { type: 'text', text: 'DO is 3.1' } });
const target = { conversation_id: message.conversation_id, message_id: '7' };
const edit = (seq: number, text: string): MessageChange => ({
  event: 'message.updated',
  seq,
  data: { ...target, content: { type: 'text', text }, edited: { is_edited: true }, user_key: 'asha' },
});
const react = (seq: number, user_key: string, emoji: string, removed = false): MessageChange => ({
  event: 'message.reaction',
  seq,
  data: { ...target, user_key, emoji, removed, at: message.updated_at },
});
const remove = (seq: number): MessageChange => ({
  event: 'message.deleted',
  seq,
  data: { ...target, deleted: { deleted_by: 'asha' } },
});
const apply = (changes: readonly MessageChange[], from = message): Message =>
  changes.reduce((current, change) => changeMessage(current, change, 'ravi'), from);

describe('a change to a message', () => {
  it('is the same however often it comes', () => {
    const changes = [
      edit(11, 'DO is 2.1'),
      react(12, 'ravi', '🐟'),
      react(13, 'asha', '🐟'),
      react(14, 'ravi', '🐟', true),
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(changes.length - 1), { maxLength: 12 }), (again) => {
        const repeated = changes.flatMap((change, index) => [
          change,
          ...again.filter((at) => at <= index).map((at) => changes[at]!),
        ]);
        expect(apply(repeated)).toEqual(apply(changes));
      }),
    );
    expect(apply(changes)).toMatchObject({
      content: { text: 'DO is 2.1' },
      reactions: [{ emoji: '🐟', user_keys: ['asha'], count: 1 }],
      own_reactions: [],
      changed: 14,
    });
  });

  it('leaves a message alone that a page has brought in a later state', () => {
    const later = { ...message, content: { type: 'text' as const, text: 'DO is 1.9' }, changed: 20 };
    expect(changeMessage(later, edit(15, 'DO is 2.1'), 'ravi')).toBe(later);
  });

  it('leaves nothing of a deleted message but that it was there', () => {
    const full = {
      ...message,
      attachments: [{ url: 'https://x' }],
      reply_to: { message_id: '3', content_preview: 'secret' },
    };
    const gone = apply([react(11, 'ravi', '🐟'), remove(12)], full);
    expect(JSON.stringify(gone)).not.toMatch(/DO is|secret|https|🐟/);
    expect(gone).toMatchObject({
      message_id: '7',
      seq: 10,
      sender: { user_key: 'asha' },
      deleted: { is_deleted: true },
    });
  });

  it('is followed by quotes of the message', () => {
    const answer = wholeMessage({ seq: 11, reply_to: { message_id: '7', content_preview: 'DO is 3.1' } });
    expect(changeQuote(answer, edit(12, 'DO is\n2.1')).reply_to?.content_preview).toBe('DO is 2.1');
    expect(changeQuote(answer, remove(12)).reply_to?.content_preview).toBe('');
  });
});
