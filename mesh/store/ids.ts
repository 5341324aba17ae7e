// Ids of ours: 12 digits, from blocks taken atomically, passed through a keyed permutation so that they can't be counted.

export type IdSource = {
  /** The next id of a family such as `conversation`; waits only when a block is used up. */
  next(family: string, signal?: AbortSignal): Promise<string>;
};
