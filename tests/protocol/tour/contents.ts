// A message of every type that people send. Files are named, not brought: by the media service's id, or by address.

import type { Json } from '../../../edge/testing/app.ts';
import type { Story } from './visit.ts';

const file = (mime_type: string, file_name: string, more: Json = {}): Json => ({
  media_id: '000000000123',
  url: `https://media.example/${file_name}`,
  mime_type,
  file_name,
  file_size: 48_213,
  ...more,
});
const size = { dimensions: { width: 1280, height: 720 } };

/** By type: what a send says beside the conversation. Each is read back as it was sent. */
export const contents: Readonly<Record<string, (story: Story) => Json>> = {
  image: () => ({
    content: { caption: 'Pond A1 at noon' },
    attachments: [
      file('image/jpeg', 'noon.jpg', { ...size, thumbnail_url: 'https://media.example/noon-small.jpg' }),
      file('image/png', 'later.png', size),
    ],
  }),
  video: () => ({ media: file('video/mp4', 'feeding.mp4', { ...size, duration: 12.5 }) }),
  audio: () => ({ media: file('audio/mpeg', 'aerator.mp3', { duration: 31 }) }),
  voice: () => ({ media: file('audio/ogg', 'note.ogg', { duration: 4.25 }) }),
  document: () => ({ media: file('application/pdf', 'feed-plan.pdf'), content: { caption: 'This week' } }),
  gif: () => ({ media: file('image/gif', 'jumping.gif', size) }),
  sticker: () => ({ sticker: { sticker_id: '000000000077', pack_id: '000000000007', emoji: '🐟' } }),
  location: () => ({ location: { latitude: 16.5062, longitude: -80.648, name: 'Pond A1', address: 'Canal road 4' } }),
  contact: ({ ravi }) => ({ contact: { name: 'Ravi', phone: '+91 98480 22338', user_key: ravi } }),
  poll: () => ({
    poll: {
      question: 'When do we harvest?',
      options: [
        { id: 'mon', text: 'Monday' },
        { id: 'tue', text: 'Tuesday' },
      ],
      multiple_choice: true,
    },
  }),
  text: ({ ravi }) => ({
    content: {
      text: 'Hi @Ravi, DO is 2.1: see the chart',
      formatted_text: {
        bold: [[0, 2]],
        italic: [[10, 12]],
        code: [[16, 19]],
        link: [{ start: 25, end: 34, url: 'https://charts.example/a1' }],
        mention: [{ start: 3, end: 8, user_key: ravi }],
      },
    },
    mentions: [ravi],
  }),
};
