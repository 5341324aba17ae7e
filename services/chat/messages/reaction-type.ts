// What an emoji means as a reaction. Skin tones mean nothing; what is not listed is `custom`.

import { ReactionType } from '../../../gen/circuit/chat/v1/message.ts';

const meanings: ReadonlyMap<string, ReactionType> = new Map(
  Object.entries({
    '👍': ReactionType.REACTION_TYPE_LIKE,
    '❤️': ReactionType.REACTION_TYPE_LOVE,
    '😍': ReactionType.REACTION_TYPE_LOVE,
    '🥰': ReactionType.REACTION_TYPE_LOVE,
    '😂': ReactionType.REACTION_TYPE_LAUGH,
    '🤣': ReactionType.REACTION_TYPE_LAUGH,
    '😄': ReactionType.REACTION_TYPE_LAUGH,
    '😆': ReactionType.REACTION_TYPE_LAUGH,
    '😢': ReactionType.REACTION_TYPE_SAD,
    '😭': ReactionType.REACTION_TYPE_SAD,
    '😞': ReactionType.REACTION_TYPE_SAD,
    '🙁': ReactionType.REACTION_TYPE_SAD,
    '😠': ReactionType.REACTION_TYPE_ANGRY,
    '😡': ReactionType.REACTION_TYPE_ANGRY,
    '🤬': ReactionType.REACTION_TYPE_ANGRY,
    '😮': ReactionType.REACTION_TYPE_WOW,
    '😲': ReactionType.REACTION_TYPE_WOW,
    '🤯': ReactionType.REACTION_TYPE_WOW,
  }),
);
const skinTones = /\p{Emoji_Modifier}/gu;

/** `emoji` as it is stored: in its recommended spelling. */
export function reactionTypeOf(emoji: string): ReactionType {
  const known = meanings.get(emoji) ?? meanings.get(emoji.replace(skinTones, ''));
  return known ?? ReactionType.REACTION_TYPE_CUSTOM;
}
