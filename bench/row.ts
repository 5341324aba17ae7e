// One figure of the bench: what was measured, how far its rounds lie apart, and against what in the same run.

/** The least and the most of so many rounds. */
export type Spread = { readonly least: number; readonly most: number; readonly rounds: number };

export type Row = {
  /** What was measured, such as `fan-out of 1 KB to 1 000 sockets`; once in a subject, and the same in every run. */
  readonly name: string;
  /** The median of its rounds. */
  readonly value: number;
  /** Such as `deliveries/s of edge processor time`. */
  readonly unit: string;
  readonly spread?: Spread;
  /** value ÷ the reference measured in the same run; the median of the rounds' own ratios where there are rounds. */
  readonly ratio?: number;
  readonly ratioSpread?: Spread;
  /** What the reference is. */
  readonly of?: string;
  /** The ratio, or where there is none the value, that is wanted. */
  readonly goal?: number;
  /** True where less is better. */
  readonly less?: boolean;
  /** The share of a core that the load generator used meanwhile: near 1, it is the generator that was measured. */
  readonly generator?: number;
  /** How it was measured, and where it falls short. */
  readonly note: string;
};

/** What is held against the goal. */
export function measuredOf(row: Row): number {
  return row.ratio ?? row.value;
}

/** Whether a row reaches its goal; undefined where it has none. */
export function reached(row: Row): boolean | undefined {
  if (row.goal === undefined) return undefined;
  return row.less ? measuredOf(row) <= row.goal : measuredOf(row) >= row.goal;
}
