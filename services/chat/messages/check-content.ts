// Whether what a user says fits its type, and how it is stored: pure, before anything is asked of the store.
// The descriptors have already checked presence, lengths and counts of single fields.

import {
  type Attachment,
  type Contact,
  type Content,
  ContentType,
  type Location,
  type Poll,
  type Sticker,
} from '../../../gen/circuit/chat/v1/content.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { checkRanges, mentionsIn } from './check-ranges.ts';
import { type Part, ruleOf, type TypeRule } from './content-types.ts';
import { limits } from './limits.ts';

/** What a message says, whatever its type. A SendMessageRequest has this shape. */
export type Said = {
  readonly content: Content | undefined;
  readonly attachments: readonly Attachment[];
  readonly location: Location | undefined;
  readonly contact: Contact | undefined;
  readonly poll: Poll | undefined;
  readonly sticker: Sticker | undefined;
  readonly mentions: readonly string[];
};

/** The same, checked: it has content, and only what its type allows. */
export type Checked = Said & { readonly content: Content };

/**
 * Checks what a user says and puts it into the form that is stored: mentions united and each named once, a poll
 * with ids and without votes. `textLengthMax` is the account's, in UTF-16 units.
 * Throws SYSTEM_CONTENT_NOT_ALLOWED, CONTENT_MISMATCH, MESSAGE_TOO_LONG, RANGE_OUTSIDE_TEXT.
 */
export function checkContent(said: Said, textLengthMax: number = limits.textLengthMax): Checked {
  const { content } = said;
  if (content === undefined) throw mismatch('content', 'is missing');
  if (content.type === ContentType.CONTENT_TYPE_SYSTEM) throw refuse('SYSTEM_CONTENT_NOT_ALLOWED');
  const rule = ruleOf(content.type);
  if (rule === undefined) throw mismatch('content.type', 'is not a type of message');

  checkParts(said, content, rule);
  checkAttachments(said.attachments, rule);
  if (said.location !== undefined) checkLocation(said.location);
  if (said.contact !== undefined) checkContact(said.contact);
  checkLength(content, textLengthMax);
  checkRanges(content.formattedText, rule.words === undefined ? '' : content[rule.words]);
  return {
    content,
    attachments: said.attachments,
    location: said.location,
    contact: said.contact,
    poll: said.poll === undefined ? undefined : freshPoll(said.poll),
    sticker: said.sticker,
    mentions: unitedMentions(content, said.mentions),
  };
}

/**
 * Checks the words that an edit brings, which are all that it changes. Throws NOT_EDITABLE for types without words, and
 * what `checkContent` throws.
 */
export function checkWords(content: Content | undefined, textLengthMax: number = limits.textLengthMax): Content {
  if (content === undefined) throw mismatch('content', 'is missing');
  const words = ruleOf(content.type)?.words;
  if (words === undefined) throw refuse('NOT_EDITABLE');
  if (words === 'text' && content.text.trim() === '') throw mismatch('content.text', 'is what a text message needs');
  const other = words === 'text' ? 'caption' : 'text';
  if (content[other] !== '') throw mismatch(`content.${other}`, 'does not belong to a message of this type');
  checkLength(content, textLengthMax);
  checkRanges(content.formattedText, content[words]);
  if (mentionsIn(content.formattedText).length > limits.mentionsMax) throw tooManyMentions();
  return content;
}

const parts: readonly Part[] = ['text', 'caption', 'attachments', 'location', 'contact', 'poll', 'sticker'];

function checkParts(said: Said, content: Content, rule: TypeRule): void {
  const present: Readonly<Record<Part, boolean>> = {
    text: content.text.trim() !== '',
    caption: content.caption !== '',
    attachments: said.attachments.length > 0,
    location: said.location !== undefined,
    contact: said.contact !== undefined,
    poll: said.poll !== undefined,
    sticker: said.sticker !== undefined,
  };
  if (!present[rule.needs]) throw mismatch(fieldOf(rule.needs), 'is what a message of this type needs');
  for (const part of parts) {
    if (present[part] && part !== rule.needs && !rule.allows.includes(part)) {
      throw mismatch(fieldOf(part), 'does not belong to a message of this type');
    }
  }
}

function checkAttachments(attachments: readonly Attachment[], rule: TypeRule): void {
  if (attachments.length > rule.attachmentsMax) {
    throw mismatch('attachments', `has more than ${rule.attachmentsMax}, the most for this type`);
  }
  attachments.forEach((attachment, at) => {
    if (attachment.mediaId === '' && attachment.url === '') {
      throw mismatch(`attachments[${at}]`, 'needs a media_id or a url');
    }
  });
}

/** The descriptor's min and max hold the range; what is not a number at all is left to us. */
function checkLocation(location: Location): void {
  if (!Number.isFinite(location.latitude) || !Number.isFinite(location.longitude)) {
    throw mismatch('location', 'needs numbers for latitude and longitude');
  }
}

function checkContact(contact: Contact): void {
  if (contact.name.trim() === '') throw mismatch('contact.name', 'is missing');
  if (contact.phone === '' && contact.userKey === '') throw mismatch('contact', 'needs a phone or a user_key');
}

function checkLength(content: Content, textLengthMax: number): void {
  const length = Math.max(content.text.length, content.caption.length);
  if (length > textLengthMax) {
    throw refuse('MESSAGE_TOO_LONG', { metadata: { length: String(length), length_max: String(textLengthMax) } });
  }
}

/** Ids where they are absent, counted from 1 and not colliding with those given; votes and the end are the server's. */
function freshPoll(poll: Poll): Poll {
  const taken = new Set(poll.options.map((option) => option.id).filter((id) => id !== ''));
  if (taken.size < poll.options.filter((option) => option.id !== '').length) {
    throw mismatch('poll.options', 'has the same id twice');
  }
  if (poll.question.trim() === '') throw mismatch('poll.question', 'is missing');
  let counter = 0;
  const options = poll.options.map((option, at) => {
    if (option.text.trim() === '') throw mismatch(`poll.options[${at}].text`, 'is missing');
    let id = option.id;
    while (id === '' || (option.id === '' && taken.has(id))) id = String(++counter);
    return { id, text: option.text, votes: [], voteCount: 0 };
  });
  return {
    question: poll.question,
    options,
    multipleChoice: poll.multipleChoice,
    anonymous: poll.anonymous,
    closed: false,
  };
}

function unitedMentions(content: Content, mentions: readonly string[]): readonly string[] {
  if (content.formattedText === undefined && mentions.length === 0) return mentions;
  const united = [...new Set([...mentionsIn(content.formattedText), ...mentions])];
  if (united.length > limits.mentionsMax) throw tooManyMentions();
  return united;
}

function tooManyMentions(): Error {
  return mismatch('mentions', `names more than ${limits.mentionsMax} members`);
}

function fieldOf(part: Part): string {
  return part === 'text' || part === 'caption' ? `content.${part}` : part;
}

/** CONTENT_MISMATCH with the field that is wrong. */
export function mismatch(field: string, description: string): Error {
  return refuse('CONTENT_MISMATCH', { violations: [{ field, description }] });
}
