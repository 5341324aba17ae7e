// What a message says, by its type. A type that is not known here is told by its preview, so nothing is ever blank.

import { previewOf } from '../../client/chat/preview.ts';
import type { Message } from '../../gen/json/api.ts';
import { h } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Names } from '../words/names.ts';
import { attachmentsOf } from './attachments.ts';
import { pollOf } from './poll.ts';
import { textOf } from './text.ts';

export function contentOf(message: Message, names: Names): HTMLElement {
  const { content, location, contact, poll, sticker } = message;
  switch (content?.type) {
    case 'text':
      return textOf(content.text ?? '', content.formatted_text, names);
    case 'location':
      return placeOf(location ?? { latitude: 0, longitude: 0 });
    case 'contact':
      return card(
        'person',
        contact?.name || 'Contact',
        contact?.phone,
        contact?.phone && `tel:${contact.phone.replace(/[^+\d]/g, '')}`,
      );
    case 'poll':
      return pollOf(poll ?? { question: '', options: [] }, names);
    case 'sticker':
      return h(
        'p',
        { class: 'sticker', role: 'img', 'aria-label': `Sticker ${sticker?.emoji ?? ''}` },
        sticker?.emoji || '🏷️',
      );
    case 'image':
    case 'gif':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
      return attachmentsOf(message, names);
    default:
      return h('p', { class: 'message-text' }, previewOf(message));
  }
}

function placeOf({ latitude, longitude, name, address, live_until }: NonNullable<Message['location']>): HTMLElement {
  const at = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const live = live_until && Date.parse(live_until) > Date.now() ? ' · live' : '';
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return card('place', name || 'Place', `${address || at}${live}`, map);
}

/** A line with an icon, a title, what is below it, and where it leads. */
function card(
  name: 'place' | 'person',
  title: string,
  below: string | undefined,
  href: string | undefined,
): HTMLElement {
  const words = h('span', { class: 'card-words' }, h('strong', {}, title), below && h('span', {}, below));
  const inside = [h('span', { class: 'card-icon' }, icon(name)), words];
  return href
    ? h('a', { class: 'card', href, target: '_blank', rel: 'noopener noreferrer' }, ...inside)
    : h('div', { class: 'card' }, ...inside);
}
