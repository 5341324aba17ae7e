import { describe, expect, it } from 'vitest';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { callsOf } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';

describe('PutUsers', () => {
  it('makes users known before they ever came', async () => {
    const { asha, fish, accountKey } = await talk();
    const key = '155500000001';
    const create = () =>
      asha.call('createConversation', { type: ConversationType.CONVERSATION_TYPE_DIRECT, participantKeys: [key] });
    await expect(create()).rejects.toEqual(refusal('USER_NOT_FOUND'));
    await fish('putUsers', { accountKey, users: [{ userKey: key, displayName: 'Kiran' }] });
    expect((await create()).conversation?.participants.map((member) => member.displayName)).toContain('Kiran');
  });

  it('renames them, and the name in their token does not undo it', async () => {
    const { asha, ravi, pond, fish, accountKey } = await talk();
    const users = [{ userKey: ravi.key, displayName: 'Ravi Kumar', avatarUrl: 'https://farm.example/ravi.png' }];
    const old = await ravi.send(pond, 'before');
    await fish('putUsers', { accountKey, users });
    const sent = await ravi.send(pond, 'after');
    expect(sent.sender).toMatchObject({ displayName: 'Ravi Kumar', avatarUrl: 'https://farm.example/ravi.png' });
    expect((await asha.call('getMessage', old)).message?.sender?.displayName).toBe('Ravi');
  });

  it('leaves the users of other accounts alone', async () => {
    const { fish, accountKey, stranger, chat, ravi } = await talk();
    const other = await stranger();
    const users = [{ userKey: other.key, displayName: 'Mine now' }];
    await expect(fish('putUsers', { accountKey, users })).rejects.toEqual(refusal('ACCOUNT_NOT_ALLOWED'));
    await expect(fish('putUsers', { accountKey: '999999999999', users })).rejects.toEqual(
      refusal('ACCOUNT_NOT_ALLOWED'),
    );
    // A token that names a known user in another account is not believed either.
    const moved = { userKey: ravi.key, accountKey: '999999999999', displayName: 'Ravi' };
    await expect(callsOf(chat.host.asUser(moved))('listConversations')).rejects.toEqual(refusal('ACCOUNT_NOT_ALLOWED'));
  });
});
