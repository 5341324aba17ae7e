// How many members a conversation may have.

export const memberLimits = {
  group: 256,
  /** Channels are read by many; the log keeps only admins and counts of them in memory. */
  channel: 100_000,
} as const;
