// What a conversation is held over and about, between its proto form and the form in which it is stored.

import type { Conversation } from '../../../gen/circuit/chat/v1/conversation.ts';
import type { Purpose } from './conversation-document.ts';
import { storedMap } from './stored-map.ts';
import { media, wordOf } from './words.ts';

type Told = Pick<Conversation, 'medium' | 'context'>;

/** Chat is what is meant where nothing is said: it is not stored. */
export function storePurpose({ medium: number, context }: Told): Purpose {
  const medium = wordOf(media, number);
  return {
    ...(medium && medium !== 'chat' && { medium }),
    ...(context && {
      context: {
        type: context.type,
        ...(context.id && { id: context.id }),
        ...(context.references.size > 0 && { references: storedMap(context.references) }),
      },
    }),
  };
}

export function shownPurpose({ medium = 'chat', context }: Purpose): Told {
  return {
    medium: media[medium],
    context: context && {
      type: context.type,
      id: context.id ?? '',
      references: new Map(Object.entries(context.references ?? {})),
    },
  };
}
