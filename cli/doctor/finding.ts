// What one look at the machine found.

export type Finding = {
  readonly name: string;
  /** `missing` keeps the mesh from running; `absent` only some tests or extras. */
  readonly state: 'ok' | 'missing' | 'absent';
  /** What is there, or what is wrong. */
  readonly told: string;
  /** What to do about it. */
  readonly remedy?: string;
};

export type Look = { readonly name: string; readonly look: () => Promise<Omit<Finding, 'name'>> };
