import { describe, expect, it } from 'vitest';
import { AddOutcome } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('member.add', () => {
  it('says what became of each, and the new one follows from there', async () => {
    const { asha, ravi, pond, person, stranger } = await talk();
    const meena = await person('Meena');
    const other = await stranger();
    const userKeys = [meena.key, ravi.key, other.key];
    const { members, seq } = await asha.call('addMembers', { conversationId: pond, userKeys });

    expect(members.map((member) => member.outcome)).toEqual([
      AddOutcome.ADD_OUTCOME_ADDED,
      AddOutcome.ADD_OUTCOME_ALREADY,
      AddOutcome.ADD_OUTCOME_NOT_FOUND,
    ]);
    expect(await ravi.next('member.added')).toMatchObject({
      members: [{ user_key: meena.key, role: 'member', added_by: asha.key }],
      member_count: 3,
    });
    expect(await meena.next('conversation.added')).toMatchObject({ conversation_id: pond, since_seq: seq });
    await asha.send(pond, 'welcome');
    expect(await meena.next('message.new')).toMatchObject({ message: { content: { text: 'welcome' } } });
  });

  it('again has the first answer, and of nobody new adds no entry', async () => {
    const { asha, pond, person } = await talk();
    const meena = await person('Meena');
    const request = { conversationId: pond, userKeys: [meena.key], requestId: 'add-meena-1' };
    const first = await asha.call('addMembers', request);
    expect(await asha.call('addMembers', request)).toEqual(first);
    expect((await asha.call('addMembers', { conversationId: pond, userKeys: [meena.key] })).seq).toBe(0);
  });

  it('is for admins and domain servers, in groups', async () => {
    const { asha, ravi, pond, person, fish, direct } = await talk();
    const meena = await person('Meena');
    const request = { conversationId: pond, userKeys: [meena.key] };
    await expect(ravi.call('addMembers', request)).rejects.toEqual(refusal('ADMIN_REQUIRED'));
    expect((await fish('addMembers', request)).members[0]?.outcome).toBe(AddOutcome.ADD_OUTCOME_ADDED);
    const two = await direct(asha, ravi);
    await expect(fish('addMembers', { ...request, conversationId: two })).rejects.toEqual(
      refusal('WRONG_CONVERSATION_TYPE'),
    );
  });
});
