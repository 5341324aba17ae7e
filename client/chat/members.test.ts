import { describe, expect, it } from 'vitest';
import type { DeliveryStatusEvent } from '../../gen/json/api.ts';
import { wholeMember } from '../testing/whole.ts';
import { statusOf, withEntry, withPage, withWatermarks } from './members.ts';

const members = [
  wholeMember('asha', { role: 'owner' }),
  wholeMember('ravi', { delivered_seq: 8, read_seq: 5 }),
  wholeMember('kiran', { delivered_seq: 9, read_seq: 9 }),
];
const ravisStatus = (delivered_seq: number, read_seq: number): DeliveryStatusEvent => ({
  conversation_id: '42',
  user_key: 'ravi',
  delivered_seq,
  read_seq,
  at: '2026-03-01T06:00:00Z',
});

describe('members', () => {
  it('show how far a message has come: what all the others have', () => {
    expect(statusOf(members, 'asha', 5)).toBe('read');
    expect(statusOf(members, 'asha', 8)).toBe('delivered');
    expect(statusOf(members, 'asha', 9)).toBe('sent');
    expect(statusOf([members[0]!], 'asha', 1)).toBe('sent');
  });

  it('have watermarks that never fall, whatever comes late', () => {
    const risen = withWatermarks(members, ravisStatus(9, 9));
    expect(statusOf(withWatermarks(risen, ravisStatus(0, 2)), 'asha', 9)).toBe('read');
    expect(statusOf(withPage(risen, [wholeMember('ravi', { read_seq: 3 })]), 'asha', 9)).toBe('read');
  });

  it('follow the log: who came, who left, and that there is one owner', () => {
    const more = withEntry(members, 'member.added', { members: [wholeMember('meena')] });
    expect(more.map(({ user_key }) => user_key)).toEqual(['asha', 'ravi', 'kiran', 'meena']);
    const handed = withEntry(more, 'member.role', { user_key: 'ravi', role: 'owner' });
    expect(handed.map(({ role }) => role)).toEqual(['admin', 'owner', 'member', 'member']);
    const left = withEntry(handed, 'member.removed', { user_key: 'ravi', new_owner_key: 'asha' });
    expect(left.map(({ user_key, role }) => `${user_key} ${role}`)).toEqual([
      'asha owner',
      'kiran member',
      'meena member',
    ]);
  });
});
