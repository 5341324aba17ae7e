// What each type of message needs, may have beside it, and what of it can be edited: the platform's twelve types as one
// table.

import { ContentType } from '../../../gen/circuit/chat/v1/content.ts';

/** The parts of a message that depend on its type. */
export type Part = 'text' | 'caption' | 'attachments' | 'location' | 'contact' | 'poll' | 'sticker';

export type TypeRule = {
  readonly needs: Part;
  readonly allows: readonly Part[];
  readonly attachmentsMax: number;
  /** Which words an edit replaces; formatted ranges are offsets into these. Absent: not editable, no ranges. */
  readonly words?: 'text' | 'caption';
};

/** Also the proto's limit on the field. */
const attachmentsMax = 10;
const files = { needs: 'attachments', allows: ['caption'], attachmentsMax, words: 'caption' } as const;
const oneFile = { ...files, attachmentsMax: 1 } as const;

const rules: Readonly<Record<number, TypeRule>> = {
  [ContentType.CONTENT_TYPE_TEXT]: { needs: 'text', allows: [], attachmentsMax: 0, words: 'text' },
  [ContentType.CONTENT_TYPE_IMAGE]: files,
  [ContentType.CONTENT_TYPE_VIDEO]: files,
  [ContentType.CONTENT_TYPE_AUDIO]: files,
  [ContentType.CONTENT_TYPE_VOICE]: oneFile,
  [ContentType.CONTENT_TYPE_DOCUMENT]: files,
  // A sticker may bring its picture along, for apps that do not have the pack.
  [ContentType.CONTENT_TYPE_STICKER]: { needs: 'sticker', allows: ['attachments'], attachmentsMax: 1 },
  [ContentType.CONTENT_TYPE_GIF]: oneFile,
  [ContentType.CONTENT_TYPE_LOCATION]: { needs: 'location', allows: [], attachmentsMax: 0 },
  [ContentType.CONTENT_TYPE_CONTACT]: { needs: 'contact', allows: [], attachmentsMax: 0 },
  [ContentType.CONTENT_TYPE_POLL]: { needs: 'poll', allows: [], attachmentsMax: 0 },
};

/** The rule of a type; `undefined` for `system` and for types that this version does not know. */
export function ruleOf(type: ContentType): TypeRule | undefined {
  return rules[type];
}
