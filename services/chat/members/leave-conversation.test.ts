import { describe, expect, it } from 'vitest';
import { MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('conversation.leave', () => {
  it("gives an owner's place to the oldest admin, else the oldest member", async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const role = MemberRole.MEMBER_ROLE_ADMIN;
    await asha.call('changeRole', { conversationId: pond, userKey: meena.key, role });
    await asha.call('leaveConversation', { conversationId: pond });
    expect(await ravi.next('member.removed')).toMatchObject({ user_key: asha.key, new_owner_key: meena.key });
    expect((await meena.get(pond)).membership?.role).toBe(MemberRole.MEMBER_ROLE_OWNER);
    await meena.call('leaveConversation', { conversationId: pond });
    expect((await ravi.get(pond)).membership?.role).toBe(MemberRole.MEMBER_ROLE_OWNER);
  });

  it('happens once, and again with the same id has the same answer', async () => {
    const { ravi, pond } = await talk();
    const request = { conversationId: pond, requestId: 'leave-pond-1' };
    const first = await ravi.call('leaveConversation', request);
    expect(await ravi.call('leaveConversation', request)).toEqual(first);
    await expect(ravi.call('leaveConversation', { conversationId: pond })).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });

  it('is not for direct conversations', async () => {
    const { asha, ravi, direct } = await talk();
    const conversationId = await direct(asha, ravi);
    await expect(asha.call('leaveConversation', { conversationId })).rejects.toEqual(
      refusal('WRONG_CONVERSATION_TYPE'),
    );
  });
});
