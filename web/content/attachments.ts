// Files by reference: pictures as far as they can be shown, everything else as a line with its name, size and length.

import type { Message } from '../../gen/json/api.ts';
import { h } from '../dom.ts';
import { type IconName, icon } from '../icons.ts';
import type { Names } from '../words/names.ts';
import { isWeb, textOf } from './text.ts';

type Attachment = NonNullable<Message['attachments']>[number];

const kinds: Readonly<Record<string, { readonly icon: IconName; readonly words: string }>> = {
  image: { icon: 'picture', words: 'Photo' },
  gif: { icon: 'picture', words: 'GIF' },
  video: { icon: 'picture', words: 'Video' },
  audio: { icon: 'sound', words: 'Audio' },
  voice: { icon: 'sound', words: 'Voice message' },
  document: { icon: 'file', words: 'Document' },
};

export function attachmentsOf(message: Message, names: Names): HTMLElement {
  const { content, attachments = [] } = message;
  const caption = content?.caption;
  const type = content?.type ?? 'document';
  return h(
    'div',
    { class: 'attachments' },
    ...attachments.map((attachment) => one(type, attachment)),
    caption && textOf(caption, content?.formatted_text, names),
  );
}

function one(type: string, attachment: Attachment): HTMLElement {
  const preview = attachment.thumbnail_url || (type === 'image' || type === 'gif' ? attachment.url : undefined);
  if (preview === undefined || !isWeb(preview)) return line(type, attachment);
  const { width, height } = attachment.dimensions ?? {};
  const picture = h('img', { src: preview, alt: attachment.file_name || 'Photo', loading: 'lazy', width, height });
  // What can't be fetched from here is still named.
  picture.addEventListener('error', () => picture.replaceWith(line(type, attachment)));
  return leading(attachment.url, 'picture', picture);
}

function line(type: string, { url, file_name, file_size, duration, mime_type }: Attachment): HTMLElement {
  const kind = kinds[type] ?? { icon: 'file', words: 'File' };
  const below = [lengthWords(duration), sizeWords(file_size), mime_type].filter(Boolean).join(' · ');
  return leading(
    url,
    'card',
    h('span', { class: 'card-icon' }, icon(kind.icon)),
    h('span', { class: 'card-words' }, h('strong', {}, file_name || kind.words), h('span', {}, below)),
  );
}

function leading(url: string | undefined, kind: string, ...children: readonly Node[]): HTMLElement {
  if (!url || !isWeb(url)) return h('div', { class: kind }, ...children);
  return h('a', { class: kind, href: url, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

function sizeWords(bytes: number | undefined): string {
  if (!bytes) return '';
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  const size = bytes / 1024 ** step;
  return `${size < 10 && step > 0 ? size.toFixed(1) : Math.round(size)} ${units[step]}`;
}

function lengthWords(seconds: number | undefined): string {
  if (!seconds) return '';
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}
