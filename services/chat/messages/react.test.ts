import type { Document } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConversationType } from '../../../gen/circuit/chat/v1/conversation.ts';
import { ReactionType } from '../../../gen/circuit/chat/v1/message.ts';
import { openChat } from '../testing/open-chat.ts';
import { needed, openPerson, type Person } from '../testing/person.ts';
import { refusal } from '../testing/refusal.ts';
import { talk } from '../testing/talk.ts';
import { limits } from './limits.ts';

const emojis = Array.from({ length: limits.reactionKindsMax + 1 }, (_, at) => String.fromCodePoint(0x1f400 + at));

describe('message.react', () => {
  it('counts, names who, and tells every member', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await ravi.react(sent, '👍');
    const { reactions } = await asha.call('react', { ...sent, emoji: '👍', requestId: '' });

    const reactionType = ReactionType.REACTION_TYPE_LIKE;
    expect(reactions).toEqual([{ emoji: '👍', userKeys: [ravi.key, asha.key], count: 2, reactionType }]);
    expect(await asha.next('message.reaction')).toMatchObject({
      user_key: ravi.key,
      emoji: '👍',
      message_id: sent.messageId,
    });
  });

  it('may be several of one user, each once', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    for (const emoji of ['👍', '🎉', '👍']) await ravi.react(sent, emoji);
    const [shown] = (await ravi.messages(pond)).slice(-1);
    expect(shown?.reactions.map((reaction) => reaction.count)).toEqual([1, 1]);
    expect(shown?.ownReactions.toSorted()).toEqual(['👍', '🎉'].toSorted());
    expect((await asha.messages(pond)).at(-1)?.ownReactions).toEqual([]);
  });

  it('is taken back, by a flag as well', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await ravi.react(sent, '👍');
    const { reactions } = await ravi.call('react', { ...sent, emoji: '👍', remove: true });
    expect(reactions).toEqual([]);
    await asha.next('message.reaction');
    expect(await asha.next('message.reaction')).toMatchObject({ emoji: '👍', removed: true });
  });

  it('has at most 20 different emojis, and one more of those there are', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    const extra = emojis.pop() ?? '';
    for (const emoji of emojis) await ravi.react(sent, emoji);
    await expect(ravi.react(sent, extra)).rejects.toEqual(refusal('TOO_MANY_REACTIONS'));
    await asha.react(sent, emojis[0] ?? '');
    await ravi.unreact(sent, emojis[1] ?? '');
    await ravi.react(sent, extra);
  });

  it('of many at once goes together, is counted once each, and makes room for no further emoji', async () => {
    const inserts: Document[] = [];
    const chat = await openChat((command) => {
      if (command.insert === 'messages') inserts.push(command);
    });
    onTestFinished(() => chat.close());
    const people = Array.from({ length: 17 }, (_, at) =>
      openPerson(chat.host, { key: `1000000000${10 + at}`, name: `Member ${at}`, accountKey: '900000000001' }),
    );
    await Promise.all(people.map((person) => person.call('listConversations')));
    const [asha, ...others] = people as [Person, ...Person[]];
    const { conversation } = await asha.call('createConversation', {
      type: ConversationType.CONVERSATION_TYPE_GROUP,
      info: { name: 'Harvest' },
      participantKeys: others.map(({ key }) => key),
    });
    const sent = await asha.send(needed(conversation).conversationId, 'Harvest done');
    for (const emoji of emojis.slice(0, limits.reactionKindsMax - 1)) await asha.react(sent, emoji);
    inserts.length = 0;
    await Promise.all(others.map((person) => person.react(sent, emojis[0] ?? '')));
    expect(inserts.length).toBeLessThan(others.length / 2);
    const [first] = needed((await asha.call('getMessage', sent)).message).reactions;
    expect(first).toMatchObject({ emoji: emojis[0], count: 17 });
    // Room for one further emoji: of two that come at once one is refused.
    const further = await Promise.allSettled([
      others[0]?.react(sent, '🐟'),
      others[1]?.react(sent, '🌾'),
      others[2]?.unreact(sent, emojis[0] ?? ''),
    ]);
    expect(further.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('is one emoji, on a message that is there', async () => {
    const { asha, pond, person } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await expect(asha.react(sent, 'ok')).rejects.toEqual(refusal('INVALID_REQUEST'));
    await expect((await person('Meena')).react(sent, '👍')).rejects.toEqual(refusal('NOT_A_MEMBER'));
    await asha.delete(sent);
    await expect(asha.react(sent, '👍')).rejects.toEqual(refusal('MESSAGE_DELETED'));
  });
});
