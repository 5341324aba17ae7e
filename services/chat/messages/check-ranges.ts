// Formatted stretches of a text: UTF-16 offsets [start, end) inside it.

import type { FormattedText, Range } from '../../../gen/circuit/chat/v1/content.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';

const styles = ['bold', 'italic', 'code', 'link', 'mention'] as const;

/** Throws RANGE_OUTSIDE_TEXT, naming the first stretch that is empty, backwards, or reaches beyond the words. */
export function checkRanges(formatted: FormattedText | undefined, words: string): void {
  if (formatted === undefined) return;
  for (const style of styles) {
    formatted[style].forEach((range: Range, at) => {
      if (range.start < range.end && range.end <= words.length) return;
      throw refuse('RANGE_OUTSIDE_TEXT', {
        violations: [
          {
            field: `content.formatted_text.${style}[${at}]`,
            description: `[${range.start}, ${range.end}) is not a stretch of ${words.length} UTF-16 units`,
          },
        ],
      });
    });
  }
}

/** Whom the formatted text names, in its order. */
export function mentionsIn(formatted: FormattedText | undefined): readonly string[] {
  return formatted === undefined ? [] : formatted.mention.map((mention) => mention.userKey);
}
