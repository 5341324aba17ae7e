export const syncLimits = {
  /** Encoded bytes of an answer, but for the last entry that is put in. */
  bytesMax: 256 * 1024,
  /** Entries of one topic in one answer. */
  entriesMax: 500,
  /** Topics that one call reads at the same time, each at most 256 KiB. */
  topicsAtOnce: 16,
} as const;
