// What a message says, between its proto form and the form in which it is stored. What is empty is not stored.

import type { Attachment, Contact, Content, FormattedText, Location } from '../../../gen/circuit/chat/v1/content.ts';
import type { Message } from '../../../gen/circuit/chat/v1/message.ts';
import type {
  MessageFields,
  StoredAttachment,
  StoredContact,
  StoredContent,
  StoredFormat,
  StoredLocation,
  StoredSaid,
} from './message-document.ts';
import { contentTypes, wordOf } from './words.ts';

export type Said = Pick<
  Message,
  'content' | 'attachments' | 'location' | 'contact' | 'poll' | 'sticker' | 'system' | 'mentions'
>;

type Checked = Omit<Said, 'content' | 'system'> & {
  readonly content: Content;
  readonly system?: Said['system'];
};

/** For the store. The content has been checked: its type is one that exists. */
export function storeSaid(said: Checked): StoredSaid {
  return {
    content: storeContent(said.content),
    ...(said.attachments.length > 0 && { attachments: said.attachments.map(storeAttachment) }),
    ...(said.location && { location: storeLocation(said.location) }),
    ...(said.contact && { contact: storeContact(said.contact) }),
    ...(said.poll && {
      poll: {
        question: said.poll.question,
        options: said.poll.options.map((option) => ({
          id: option.id,
          text: option.text,
          votes: option.votes,
          vote_count: option.voteCount,
        })),
        multiple_choice: said.poll.multipleChoice,
        anonymous: said.poll.anonymous,
        closed: said.poll.closed,
      },
    }),
    ...(said.sticker && {
      sticker: {
        sticker_id: said.sticker.stickerId,
        ...(said.sticker.packId && { pack_id: said.sticker.packId }),
        ...(said.sticker.emoji && { emoji: said.sticker.emoji }),
      },
    }),
    ...(said.system && {
      system: { kind: said.system.kind, parameters: Object.fromEntries(said.system.parameters) },
    }),
    ...(said.mentions.length > 0 && { mentions: said.mentions }),
  };
}

export function storeContent(content: Content): StoredContent {
  const type = wordOf(contentTypes, content.type);
  if (type === undefined) throw new Error(`Content of type ${content.type} cannot be stored.`);
  return {
    type,
    ...(content.text && { text: content.text }),
    ...(content.caption && { caption: content.caption }),
    ...(content.formattedText && { formatted_text: storeFormat(content.formattedText) }),
  };
}

function storeFormat(format: FormattedText): StoredFormat {
  const pairs = (ranges: FormattedText['bold']) => ranges.map(({ start, end }) => [start, end] as const);
  return {
    ...(format.bold.length > 0 && { bold: pairs(format.bold) }),
    ...(format.italic.length > 0 && { italic: pairs(format.italic) }),
    ...(format.code.length > 0 && { code: pairs(format.code) }),
    ...(format.link.length > 0 && { link: format.link.map(({ start, end, url }) => ({ start, end, url })) }),
    ...(format.mention.length > 0 && {
      mention: format.mention.map(({ start, end, userKey }) => ({ start, end, user_key: userKey })),
    }),
  };
}

function storeAttachment(file: Attachment): StoredAttachment {
  return {
    ...(file.mediaId && { media_id: file.mediaId }),
    ...(file.url && { url: file.url }),
    ...(file.thumbnailUrl && { thumbnail_url: file.thumbnailUrl }),
    ...(file.mimeType && { mime_type: file.mimeType }),
    ...(file.fileName && { file_name: file.fileName }),
    ...(file.fileSize && { file_size: file.fileSize }),
    ...(file.duration && { duration: file.duration }),
    ...(file.dimensions && { dimensions: { width: file.dimensions.width, height: file.dimensions.height } }),
  };
}

function storeLocation(location: Location): StoredLocation {
  return {
    latitude: location.latitude,
    longitude: location.longitude,
    ...(location.name && { name: location.name }),
    ...(location.address && { address: location.address }),
    ...(location.liveUntil && { live_until: location.liveUntil }),
  };
}

function storeContact(contact: Contact): StoredContact {
  return {
    ...(contact.name && { name: contact.name }),
    ...(contact.phone && { phone: contact.phone }),
    ...(contact.userKey && { user_key: contact.userKey }),
  };
}

/** Of a stored message, what it says now; nothing but empty lists once it is deleted. */
export function saidOf(stored: Partial<MessageFields>): Said {
  const { content, attachments, location, contact, poll, sticker, system, mentions } = stored;
  return {
    content: content && contentOf(content),
    attachments: attachments?.map(attachmentOf) ?? [],
    location: location && {
      latitude: location.latitude,
      longitude: location.longitude,
      name: location.name ?? '',
      address: location.address ?? '',
      liveUntil: location.live_until,
    },
    contact: contact && {
      name: contact.name ?? '',
      phone: contact.phone ?? '',
      userKey: contact.user_key ?? '',
    },
    poll: poll && {
      question: poll.question,
      options: poll.options.map((option) => ({
        id: option.id,
        text: option.text,
        votes: option.votes,
        voteCount: option.vote_count,
      })),
      multipleChoice: poll.multiple_choice,
      anonymous: poll.anonymous,
      closed: poll.closed,
    },
    sticker: sticker && {
      stickerId: sticker.sticker_id,
      packId: sticker.pack_id ?? '',
      emoji: sticker.emoji ?? '',
    },
    system: system && { kind: system.kind, parameters: new Map(Object.entries(system.parameters)) },
    mentions: mentions ?? [],
  };
}

export function contentOf(stored: StoredContent): Content {
  return {
    type: contentTypes[stored.type],
    text: stored.text ?? '',
    caption: stored.caption ?? '',
    formattedText: stored.formatted_text && formatOf(stored.formatted_text),
  };
}

function formatOf(stored: StoredFormat): FormattedText {
  const ranges = (pairs: StoredFormat['bold']) => pairs?.map(([start, end]) => ({ start, end })) ?? [];
  return {
    bold: ranges(stored.bold),
    italic: ranges(stored.italic),
    code: ranges(stored.code),
    link: stored.link ?? [],
    mention: stored.mention?.map(({ start, end, user_key }) => ({ start, end, userKey: user_key })) ?? [],
  };
}

function attachmentOf(stored: StoredAttachment): Attachment {
  return {
    mediaId: stored.media_id ?? '',
    url: stored.url ?? '',
    thumbnailUrl: stored.thumbnail_url ?? '',
    mimeType: stored.mime_type ?? '',
    fileName: stored.file_name ?? '',
    fileSize: stored.file_size ?? 0,
    duration: stored.duration ?? 0,
    dimensions: stored.dimensions,
  };
}
