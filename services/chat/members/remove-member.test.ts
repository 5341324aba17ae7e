import { describe, expect, it } from 'vitest';
import { MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('member.remove', () => {
  it('ends what the removed one may do and hear', async () => {
    const { asha, ravi, pond } = await talk();
    const { seq } = await asha.call('removeMember', { conversationId: pond, userKey: ravi.key });
    expect(await asha.next('member.removed')).toMatchObject({
      user_key: ravi.key,
      removed_by: asha.key,
      member_count: 1,
    });
    expect(await ravi.next('conversation.removed')).toMatchObject({ conversation_id: pond, seq });
    await asha.send(pond, 'among us');
    await expect(ravi.send(pond, 'hi')).rejects.toEqual(refusal('NOT_A_MEMBER'));
    expect(ravi.device.topics.has(`c:${pond}`)).toBe(false);
    expect(ravi.device.received.filter((each) => each.event === 'message.new')).toEqual([]);
  });

  it('is for admins; an admin is removed by the owner, the owner by nobody', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const remove = (by: typeof asha, userKey: string) => by.call('removeMember', { conversationId: pond, userKey });
    await expect(remove(ravi, meena.key)).rejects.toEqual(refusal('ADMIN_REQUIRED'));
    for (const userKey of [ravi.key, meena.key]) {
      await asha.call('changeRole', { conversationId: pond, userKey, role: MemberRole.MEMBER_ROLE_ADMIN });
    }
    await expect(remove(ravi, meena.key)).rejects.toEqual(refusal('OWNER_REQUIRED'));
    await expect(remove(ravi, asha.key)).rejects.toEqual(refusal('LAST_OWNER'));
    await remove(asha, meena.key);
    expect((await asha.get(pond)).memberCount).toBe(2);
  });

  it('of who is not there changes nothing', async () => {
    const { asha, pond, person } = await talk();
    const meena = await person('Meena');
    expect(await asha.call('removeMember', { conversationId: pond, userKey: meena.key })).toEqual({ seq: 0 });
  });

  it('by a domain server of the account works, too', async () => {
    const { fish, ravi, pond } = await talk();
    await fish('removeMember', { conversationId: pond, userKey: ravi.key });
    await expect(ravi.send(pond, 'hi')).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });
});
