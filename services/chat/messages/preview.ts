// A message in one line, for lists, quotes and notifications: at most 100 graphemes, a word for what is not text.

import { type Content, ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import type { Said } from './check-content.ts';
import { limits } from './limits.ts';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The line for a message; empty for one whose content is gone. Apps that want other words go by the type. */
export function previewOf(said: Partial<Said> & { readonly system?: { readonly kind: string } | undefined }): string {
  const { content } = said;
  if (content === undefined) return '';
  switch (content.type) {
    case ContentType.CONTENT_TYPE_LOCATION:
      return shorten(labelled('Location', said.location?.name));
    case ContentType.CONTENT_TYPE_CONTACT:
      return shorten(labelled('Contact', said.contact?.name));
    case ContentType.CONTENT_TYPE_POLL:
      return shorten(labelled('Poll', said.poll?.question));
    case ContentType.CONTENT_TYPE_STICKER:
      return shorten(said.sticker?.emoji || 'Sticker');
    case ContentType.CONTENT_TYPE_SYSTEM:
      return shorten(content.text || said.system?.kind || '');
    case ContentType.CONTENT_TYPE_DOCUMENT:
      return shorten(content.caption || said.attachments?.[0]?.fileName || 'Document');
    default:
      return shorten(wordsOf(content));
  }
}

const names: Readonly<Record<number, string>> = {
  [ContentType.CONTENT_TYPE_IMAGE]: 'Photo',
  [ContentType.CONTENT_TYPE_VIDEO]: 'Video',
  [ContentType.CONTENT_TYPE_AUDIO]: 'Audio',
  [ContentType.CONTENT_TYPE_VOICE]: 'Voice message',
  [ContentType.CONTENT_TYPE_GIF]: 'GIF',
};

function wordsOf(content: Content): string {
  return content.text || content.caption || names[content.type] || '';
}

function labelled(label: string, words: string | undefined): string {
  return words ? `${label}: ${words}` : label;
}

/** Every character is a grapheme: nothing is to be segmented, which costs more than all else that a send does here. */
const isAscii = /^[ -~]*$/;

/** One line of at most 100 graphemes, never cut inside one that fits. */
export function shorten(words: string): string {
  // Only so much of a long text is looked at as can end up in the line.
  const line = words
    .slice(0, 2 * limits.previewUnitsMax)
    .replace(/\s+/gu, ' ')
    .trim();
  if (line.length <= limits.previewGraphemesMax) return line;
  if (isAscii.test(line)) return line.slice(0, limits.previewGraphemesMax);
  let end = 0;
  let count = 0;
  for (const { index, segment } of graphemes.segment(line)) {
    if (count === limits.previewGraphemesMax || index + segment.length > limits.previewUnitsMax) break;
    end = index + segment.length;
    count += 1;
  }
  return line.slice(0, end);
}
