import { describe, expect, it } from 'vitest';
import { emojiOf } from './emoji.ts';

describe('an emoji', () => {
  it.each(['👍', '👍🏽', '🇮🇳', '1️⃣', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])('may be %s', (emoji) => {
    expect(emojiOf(emoji)).toBe(emoji);
  });

  it('is one, whichever keyboard it came from', () => {
    expect(emojiOf('\u2764')).toBe(emojiOf('\u2764\uFE0F'));
  });

  it.each(['', 'a', 'ok', '1', '👍👍', '👍a', ' ', '\uD83D', '#'])('is not %j', (typed) => {
    expect(() => emojiOf(typed)).toThrow(expect.objectContaining({ reason: 'INVALID_REQUEST' }));
  });
});
