import { describe, expect, it } from 'vitest';
import {
  Attachment,
  Contact,
  Content,
  ContentType,
  Location,
  Poll,
  Sticker,
} from '../../../gen/circuit/chat/v1/content.ts';
import { previewOf, shorten } from './preview.ts';

const of = (type: ContentType, more: { text?: string; caption?: string } = {}) =>
  Content.fromPartial({ type, ...more });

describe('a preview', () => {
  it('is the text, on one line', () => {
    expect(previewOf({ content: of(ContentType.CONTENT_TYPE_TEXT, { text: ' DO is\n\n2.1 ' }) })).toBe('DO is 2.1');
  });

  it('never cuts an emoji or a letter with its marks', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(shorten(family.repeat(72))).toBe(family.repeat(72));
    expect(shorten('क्षि'.repeat(150))).toBe('क्षि'.repeat(100));
    expect(shorten('a'.repeat(101))).toBe('a'.repeat(100));
  });

  it('stays short when one letter carries thousands of marks', () => {
    expect(shorten(`ab${'\u0301'.repeat(5000)}`)).toBe('a');
    expect(shorten(`e\u0301`.repeat(300)).length).toBe(200);
  });

  it.each([
    ['Photo', { content: of(ContentType.CONTENT_TYPE_IMAGE) }],
    ['Pond A1 today', { content: of(ContentType.CONTENT_TYPE_IMAGE, { caption: 'Pond A1 today' }) }],
    ['Voice message', { content: of(ContentType.CONTENT_TYPE_VOICE) }],
    [
      'feed.pdf',
      {
        content: of(ContentType.CONTENT_TYPE_DOCUMENT),
        attachments: [Attachment.fromPartial({ fileName: 'feed.pdf' })],
      },
    ],
    [
      'Location: Pond A1',
      { content: of(ContentType.CONTENT_TYPE_LOCATION), location: Location.fromPartial({ name: 'Pond A1' }) },
    ],
    ['Location', { content: of(ContentType.CONTENT_TYPE_LOCATION), location: Location.fromPartial({}) }],
    [
      'Contact: Ravi',
      { content: of(ContentType.CONTENT_TYPE_CONTACT), contact: Contact.fromPartial({ name: 'Ravi' }) },
    ],
    ['Poll: When?', { content: of(ContentType.CONTENT_TYPE_POLL), poll: Poll.fromPartial({ question: 'When?' }) }],
    ['🐟', { content: of(ContentType.CONTENT_TYPE_STICKER), sticker: Sticker.fromPartial({ emoji: '🐟' }) }],
    ['shipment_accepted', { content: of(ContentType.CONTENT_TYPE_SYSTEM), system: { kind: 'shipment_accepted' } }],
    ['', {}],
  ])('of what is not text is a word: %s', (line, said) => {
    expect(previewOf(said)).toBe(line);
  });
});
