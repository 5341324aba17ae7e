// One emoji, in one spelling: what a reaction may be.

import { refuse } from '../../../mesh/errors/refuse.ts';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** By constructor: TypeScript knows the flag only from ES2024 on, Node from 20 on. */
const unicodeSets = 'v';
const recommended = new RegExp(String.raw`^\p{RGI_Emoji}$`, unicodeSets);
/** Reserved code points are pictographic, too: emojis newer than this runtime. */
const pictograph = /\p{Extended_Pictographic}/u;
const emojiPresentation = '\uFE0F';

/**
 * The emoji in its recommended spelling, so that a heart typed on two keyboards is one reaction.
 * Throws INVALID_REQUEST for anything but exactly one emoji.
 */
export function emojiOf(typed: string): string {
  if (recommended.test(typed)) return typed;
  const presented = typed + emojiPresentation;
  if (recommended.test(presented)) return presented;
  const [first, ...more] = graphemes.segment(typed);
  if (first !== undefined && more.length === 0 && pictograph.test(first.segment)) return typed;
  throw refuse('INVALID_REQUEST', { violations: [{ field: 'emoji', description: 'is not one emoji' }] });
}
