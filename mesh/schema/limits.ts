// Bounds that hold where a field's own rule says nothing, and for every message.

export const limits = {
  /** UTF-16 units of a string. */
  stringLength: 1000,
  /** Items of a list, entries of a map. */
  items: 100,
  /** Bytes of a bytes field. */
  bytes: 64 * 1024,
  /** Messages (in JSON: objects and arrays of Struct, too) within one another, the outermost not counted. */
  depth: 32,
  /** Violations told of one request; there may be more. */
  violations: 20,
  /** UTF-16 units of a violation's path. */
  pathLength: 200,
} as const;

/** google.protobuf.Timestamp: years 1 to 9999, in seconds since 1970. */
export const timestampSeconds = { min: -62_135_596_800, max: 253_402_300_799 } as const;

/** google.protobuf.Duration: about 10 000 years, in seconds. */
export const durationSecondsMax = 315_576_000_000;
