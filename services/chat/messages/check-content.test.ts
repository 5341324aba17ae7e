import { describe, expect, it } from 'vitest';
import { type DeepPartial, SendMessageRequest } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { ContentType } from '../../../gen/circuit/chat/v1/content.ts';
import { checkContent } from './check-content.ts';

type Parts = DeepPartial<SendMessageRequest>;
const say = (parts: Parts) => checkContent(SendMessageRequest.fromPartial(parts));
const refusal = (reason: string) => expect.objectContaining({ reason });
const text = { type: ContentType.CONTENT_TYPE_TEXT, text: 'DO is 2.1' };
const image = { type: ContentType.CONTENT_TYPE_IMAGE };
const photo = { mediaId: '300000000001' };
const poll = { question: 'When?', options: [{ text: 'Now' }, { text: 'Later' }] };

describe('what a user says', () => {
  it.each<[string, Parts]>([
    ['text', { content: text }],
    ['images', { content: { ...image, caption: 'Pond A1' }, attachments: [photo, { url: 'https://a.example/b.jpg' }] }],
    ['a voice note', { content: { type: ContentType.CONTENT_TYPE_VOICE }, attachments: [photo] }],
    ['a sticker', { content: { type: ContentType.CONTENT_TYPE_STICKER }, sticker: { stickerId: '400000000001' } }],
    ['a place on the equator', { content: { type: ContentType.CONTENT_TYPE_LOCATION }, location: {} }],
    ['a contact', { content: { type: ContentType.CONTENT_TYPE_CONTACT }, contact: { name: 'Ravi', phone: '+911' } }],
    ['a poll', { content: { type: ContentType.CONTENT_TYPE_POLL }, poll }],
  ])('may be %s', (_name, parts) => {
    expect(say(parts).content.type).toBe(parts.content?.type);
  });

  it.each<[string, Parts]>([
    ['no text', { content: { ...text, text: ' \n' } }],
    ['text with a file', { content: text, attachments: [photo] }],
    ['text with a poll', { content: text, poll }],
    ['text with a caption', { content: { ...text, caption: 'x' } }],
    ['an image without a file', { content: image }],
    ['an image from nowhere', { content: image, attachments: [{ fileName: 'a.jpg' }] }],
    ['an image with text', { content: { ...image, text: 'x' }, attachments: [photo] }],
    ['two voice notes', { content: { type: ContentType.CONTENT_TYPE_VOICE }, attachments: [photo, photo] }],
    ['a sticker without one', { content: { type: ContentType.CONTENT_TYPE_STICKER } }],
    ['no place', { content: { type: ContentType.CONTENT_TYPE_LOCATION } }],
    [
      'a place that is no number',
      { content: { type: ContentType.CONTENT_TYPE_LOCATION }, location: { latitude: NaN } },
    ],
    ['a nameless contact', { content: { type: ContentType.CONTENT_TYPE_CONTACT }, contact: { phone: '+911' } }],
    ['a contact out of reach', { content: { type: ContentType.CONTENT_TYPE_CONTACT }, contact: { name: 'Ravi' } }],
    [
      'a poll that asks nothing',
      {
        content: { type: ContentType.CONTENT_TYPE_POLL },
        poll: { question: ' ', options: [{ text: 'a' }, { text: 'b' }] },
      },
    ],
    [
      'a poll with an empty option',
      {
        content: { type: ContentType.CONTENT_TYPE_POLL },
        poll: { question: 'q', options: [{ text: ' ' }, { text: 'b' }] },
      },
    ],
    ['no poll', { content: { type: ContentType.CONTENT_TYPE_POLL } }],
    ['an unknown type', { content: { type: 99 as ContentType, text: 'x' } }],
    ['too many mentions', { content: text, mentions: Array.from({ length: 51 }, (_, at) => String(1e11 + at)) }],
  ])('may not be %s', (_name, parts) => {
    expect(() => say(parts)).toThrow(refusal('CONTENT_MISMATCH'));
  });

  it('is never a system notice', () => {
    expect(() => say({ content: { type: ContentType.CONTENT_TYPE_SYSTEM, text: 'x' } })).toThrow(
      refusal('SYSTEM_CONTENT_NOT_ALLOWED'),
    );
  });

  it('has at most 4 096 UTF-16 units, emojis counted as two', () => {
    expect(say({ content: { ...text, text: '🐟'.repeat(2048) } }).content.text).toHaveLength(4096);
    expect(() => say({ content: { ...text, text: `${'🐟'.repeat(2048)}.` } })).toThrow(refusal('MESSAGE_TOO_LONG'));
    expect(() => say({ content: { ...image, caption: 'x'.repeat(4097) }, attachments: [photo] })).toThrow(
      refusal('MESSAGE_TOO_LONG'),
    );
  });

  it.each([
    [0, 9, true],
    [0, 10, false],
    [3, 3, false],
    [5, 2, false],
    [4294967295, 1, false],
  ])('has ranges inside its text: [%i, %i)', (start, end, fits) => {
    const send = () => say({ content: { ...text, formattedText: { bold: [{ start, end }] } } });
    if (fits) expect(send().content.formattedText?.bold).toEqual([{ start, end }]);
    else expect(send).toThrow(refusal('RANGE_OUTSIDE_TEXT'));
  });

  it('formats captions, too, by offsets into the caption', () => {
    const bold = [{ start: 0, end: 4 }];
    const captioned = { ...image, caption: 'Pond', formattedText: { bold } };
    expect(say({ content: captioned, attachments: [photo] }).content.formattedText?.bold).toEqual(bold);
  });

  it('names each mentioned member once', () => {
    const mention = [{ start: 0, end: 2, userKey: '100000000002' }];
    const said = say({
      content: { ...text, formattedText: { mention } },
      mentions: ['100000000003', '100000000002', '100000000003'],
    });
    expect(said.mentions).toEqual(['100000000002', '100000000003']);
  });

  it('gets ids for its poll options and brings no votes along', () => {
    const options = [
      { id: '1', text: 'Now', votes: ['100000000001'], voteCount: 9 },
      { text: 'Later' },
      { text: 'Never' },
    ];
    const said = say({ content: { type: ContentType.CONTENT_TYPE_POLL }, poll: { ...poll, options, closed: true } });
    expect(said.poll?.options).toEqual([
      { id: '1', text: 'Now', votes: [], voteCount: 0 },
      { id: '2', text: 'Later', votes: [], voteCount: 0 },
      { id: '3', text: 'Never', votes: [], voteCount: 0 },
    ]);
    expect(said.poll?.closed).toBe(false);
  });

  it('has no poll with the same option id twice', () => {
    const options = [
      { id: 'a', text: 'Now' },
      { id: 'a', text: 'Later' },
    ];
    expect(() => say({ content: { type: ContentType.CONTENT_TYPE_POLL }, poll: { ...poll, options } })).toThrow(
      refusal('CONTENT_MISMATCH'),
    );
  });
});
