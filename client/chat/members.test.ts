import { describe, expect, it } from 'vitest';
import { statusOf, withEntry, withPage, withWatermarks } from './members.ts';

const members = [
  { user_key: 'asha', role: 'owner' as const },
  { user_key: 'ravi', role: 'member' as const, delivered_seq: 8, read_seq: 5 },
  { user_key: 'kiran', role: 'member' as const, delivered_seq: 9, read_seq: 9 },
];

describe('members', () => {
  it('show how far a message has come: what all the others have', () => {
    expect(statusOf(members, 'asha', 5)).toBe('read');
    expect(statusOf(members, 'asha', 8)).toBe('delivered');
    expect(statusOf(members, 'asha', 9)).toBe('sent');
    expect(statusOf([members[0]!], 'asha', 1)).toBe('sent');
  });

  it('have watermarks that never fall, whatever comes late', () => {
    const risen = withWatermarks(members, { user_key: 'ravi', delivered_seq: 9, read_seq: 9 });
    expect(statusOf(withWatermarks(risen, { user_key: 'ravi', read_seq: 2 }), 'asha', 9)).toBe('read');
    expect(statusOf(withPage(risen, [{ user_key: 'ravi', read_seq: 3 }]), 'asha', 9)).toBe('read');
  });

  it('follow the log: who came, who left, and that there is one owner', () => {
    const more = withEntry(members, 'member.added', { members: [{ user_key: 'meena', role: 'member' }] });
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
