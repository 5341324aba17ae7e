// The bounds of messages, each with a name. Those that an account may set are defaults.

export const limits = {
  /** UTF-16 units of a text or caption; an account may set another, up to the proto's 65 536. */
  textLengthMax: 4096,
  mentionsMax: 50,
  /** Different emojis under one message; members per emoji are not bounded. */
  reactionKindsMax: 20,
  /** Users that an emoji names on the message itself; the rest by ListReactions. */
  reactionUsersShown: 20,
  previewGraphemesMax: 100,
  /** A grapheme can be hundreds of units long; a preview is still short. */
  previewUnitsMax: 800,
  /** Earlier forms that ListEdits shows, the newest ones. */
  editsShown: 100,
  pageSizeDefault: 50,
  pageSizeMax: 100,
} as const;

/** 0 asks for the default; the descriptor bounds the rest. */
export function pageSizeOf(asked: number): number {
  return asked === 0 ? limits.pageSizeDefault : Math.min(asked, limits.pageSizeMax);
}
