// A message in one line, as the server words it for lists: so that a live message and a listed one read the same.

import type { Message } from '../../gen/json/api.ts';
import { shorten } from './change-message.ts';

const names: Readonly<Record<string, string>> = {
  image: 'Photo',
  video: 'Video',
  audio: 'Audio',
  voice: 'Voice message',
  gif: 'GIF',
  document: 'Document',
  sticker: 'Sticker',
};

/** At most 100 graphemes; empty for a deleted message. */
export function previewOf(
  message: Pick<Message, 'content' | 'attachments' | 'location' | 'contact' | 'poll' | 'sticker' | 'system'>,
): string {
  const { content } = message;
  if (content?.type === undefined) return '';
  switch (content.type) {
    case 'location':
      return labelled('Location', message.location?.name);
    case 'contact':
      return labelled('Contact', message.contact?.name);
    case 'poll':
      return labelled('Poll', message.poll?.question);
    case 'sticker':
      return message.sticker?.emoji || 'Sticker';
    case 'system':
      return shorten(content.text || message.system?.kind || '');
    case 'document':
      return shorten(content.caption || message.attachments?.[0]?.file_name || 'Document');
    default:
      return shorten(content.text || content.caption || names[content.type] || '');
  }
}

function labelled(label: string, words: string | undefined): string {
  return shorten(words ? `${label}: ${words}` : label);
}
