import { describe, expect, it } from 'vitest';
import { ReactionType } from '../../../gen/circuit/chat/v1/message.ts';
import { needed } from '../testing/person.ts';
import { talk } from '../testing/talk.ts';
import { emojiOf } from './emoji.ts';
import { reactionTypeOf } from './reaction-type.ts';

describe('what a reaction means', () => {
  it.each([
    ['👍', ReactionType.REACTION_TYPE_LIKE],
    ['👍🏽', ReactionType.REACTION_TYPE_LIKE],
    // Without its presentation, as some keyboards type it.
    ['❤', ReactionType.REACTION_TYPE_LOVE],
    ['😂', ReactionType.REACTION_TYPE_LAUGH],
    ['😢', ReactionType.REACTION_TYPE_SAD],
    ['😡', ReactionType.REACTION_TYPE_ANGRY],
    ['😮', ReactionType.REACTION_TYPE_WOW],
    ['🐟', ReactionType.REACTION_TYPE_CUSTOM],
  ])('%s', (typed, type) => {
    expect(reactionTypeOf(emojiOf(typed))).toBe(type);
  });

  it('is told wherever the reaction is', async () => {
    const { asha, ravi, pond } = await talk();
    const sent = await asha.send(pond, 'Harvest done');
    await ravi.react(sent, '👍');
    const like = { reactionType: ReactionType.REACTION_TYPE_LIKE };
    expect(await asha.next('message.reaction')).toMatchObject({ emoji: '👍', reaction_type: 'like' });
    expect(needed((await asha.call('getMessage', sent)).message).reactions).toMatchObject([like]);
    expect((await asha.call('listReactions', sent)).reactions).toMatchObject([like]);
  });
});
