import { describe, expect, it } from 'vitest';
import { wholeMessage } from '../../client/testing/whole.ts';
import { Names } from './names.ts';
import { noticeWords } from './notices.ts';

const names = new Names('1', [
  { user_key: '1', display_name: 'Asha' },
  { user_key: '2', display_name: 'Ravi' },
  { user_key: '3', display_name: 'Kiran' },
]);
const say = (kind: string, parameters: Record<string, string>, text = '', direct = false): string => {
  const message = wholeMessage({ content: { type: 'system', text }, system: { kind, parameters } });
  return noticeWords(message, names, direct);
};

describe('a notice', () => {
  it('tells who did what to whom, from where the reader stands', () => {
    expect(say('conversation_created', { created_by: '2' })).toBe('Ravi started this conversation');
    expect(say('conversation_created', { created_by: '2' }, '', true)).toBe('This is where your conversation begins');
    expect(say('member_joined', { user_keys: '1,3', count: '2', added_by: '2' })).toBe('Ravi added you and Kiran');
    expect(say('member_joined', { user_keys: '2', added_by: '2' })).toBe('Ravi joined');
    expect(say('member_removed', { user_key: '3', removed_by: '1' })).toBe('You removed Kiran');
    expect(say('member_left', { user_key: '2', new_owner_key: '1' })).toBe('Ravi left. You are the owner now');
    expect(say('member_role', { user_key: '3', role: 'admin', changed_by: '2' })).toBe('Ravi made Kiran an admin');
  });

  it('counts those whom it does not name', () => {
    expect(say('member_joined', { user_keys: '1,2,3,4', count: '9', added_by: '1' })).toBe(
      'You added you, Ravi, Kiran and 6 more',
    );
  });

  it('is never blank, whatever a domain server posts', () => {
    expect(say('shipment_accepted', { shipment: '4711' })).toBe('Shipment accepted · shipment 4711');
    expect(say('shipment_accepted', { shipment: '4711' }, 'Shipment 4711 was accepted')).toBe(
      'Shipment 4711 was accepted',
    );
  });
});
