import { describe, expect, it } from 'vitest';
import { loggedOf, wordsOf } from './words.ts';

const message = (text: string) => ({ message: { message_id: 'm1', sender: { user_key: 'asha' }, content: { text } } });

describe('an entry in words', () => {
  it('is the same before and after its message was edited or deleted', () => {
    const said = wordsOf('message.new', message('asha#1'));
    expect(wordsOf('message.new', message('asha#1 (edited)'))).toBe(said);
    expect(wordsOf('message.new', { message: { message_id: 'm1', deleted: { is_deleted: true } } })).toBe(said);
  });

  it('says which things may stand in a log once only', () => {
    expect(loggedOf(2, 'message.new', message('asha#1')).once).toBe(
      loggedOf(5, 'message.new', message('asha#1 (edited)')).once,
    );
    expect(loggedOf(3, 'message.updated', { message_id: 'm1' }).once).toBe('edited m1');
    expect(loggedOf(4, 'message.reaction', { message_id: 'm1', user_key: 'ravi', emoji: '👍' }).once).toBe('');
  });

  it('says who came and who went', () => {
    const added = loggedOf(2, 'member.added', { members: [{ user_key: 'ravi' }, { user_key: 'asha' }] });
    expect([added.what, added.came]).toEqual(['came asha, ravi', ['ravi', 'asha']]);
    expect(loggedOf(3, 'member.removed', { user_key: 'ravi' }).went).toEqual(['ravi']);
  });
});
