import { describe, expect, it } from 'vitest';
import { MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

const { MEMBER_ROLE_ADMIN: admin, MEMBER_ROLE_MEMBER: member, MEMBER_ROLE_OWNER: owner } = MemberRole;

describe('member.role', () => {
  it('makes an admin, who may do more from then on', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('changeRole', { conversationId: pond, userKey: ravi.key, role: admin });
    expect(await ravi.next('member.role')).toMatchObject({ user_key: ravi.key, role: 'admin', changed_by: asha.key });
    await ravi.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    expect((await meena.get(pond)).memberCount).toBe(3);
  });

  it('hands the ownership over: the former owner is an admin', async () => {
    const { asha, ravi, pond } = await talk();
    await asha.call('changeRole', { conversationId: pond, userKey: ravi.key, role: owner });
    expect((await ravi.get(pond)).membership?.role).toBe(owner);
    expect((await asha.get(pond)).membership?.role).toBe(admin);
    await expect(asha.call('changeRole', { conversationId: pond, userKey: ravi.key, role: member })).rejects.toEqual(
      refusal('OWNER_REQUIRED'),
    );
  });

  it('is for the owner, of members, and leaves one owner', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    const change = (by: typeof asha, userKey: string, role: MemberRole) =>
      by.call('changeRole', { conversationId: pond, userKey, role });
    await expect(change(ravi, ravi.key, admin)).rejects.toEqual(refusal('OWNER_REQUIRED'));
    await expect(change(asha, meena.key, admin)).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await expect(change(asha, asha.key, member)).rejects.toEqual(refusal('LAST_OWNER'));
    expect(await change(asha, ravi.key, member)).toEqual({ seq: 0 });
  });
});
