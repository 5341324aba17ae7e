import { describe, expect, it } from 'vitest';
import { MemberRole } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('member.list', () => {
  it('names the owner first, then as they came, in pages', async () => {
    const { asha, ravi, pond, person } = await talk();
    const meena = await person('Meena');
    await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] });
    const first = await ravi.call('listMembers', { conversationId: pond, pageSize: 2 });
    expect(first.members.map(({ displayName, role }) => [displayName, role])).toEqual([
      ['Asha', MemberRole.MEMBER_ROLE_OWNER],
      ['Ravi', MemberRole.MEMBER_ROLE_MEMBER],
    ]);
    const second = await ravi.call('listMembers', {
      conversationId: pond,
      pageSize: 2,
      pageToken: first.nextPageToken,
    });
    expect(second.members.map(({ displayName, addedBy }) => [displayName, addedBy])).toEqual([['Meena', asha.key]]);
    expect(second.nextPageToken).toBe('');
  });

  it('tells how far each has got', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'hi');
    await ravi.read(pond, sent.seq);
    const { members } = await asha.call('listMembers', { conversationId: pond });
    expect(members.find((member) => member.userKey === ravi.key)).toMatchObject({
      readSeq: sent.seq,
      deliveredSeq: sent.seq,
    });
  });

  it('is for members of now', async () => {
    const { ravi, pond } = await talk();
    await ravi.call('leaveConversation', { conversationId: pond });
    await expect(ravi.call('listMembers', { conversationId: pond })).rejects.toEqual(refusal('NOT_A_MEMBER'));
  });
});
