// One figure of the bench: what was measured, and against what in the same run.

export type Row = {
  /** What was measured, such as `fan-out of 1 KB to 1 000 sockets`. */
  readonly name: string;
  readonly value: number;
  /** Such as `deliveries/s of edge processor time`. */
  readonly unit: string;
  /** value ÷ the reference measured in the same run. */
  readonly ratio?: number;
  /** What the reference is. */
  readonly of?: string;
  /** The ratio, or where there is none the value, that is wanted. */
  readonly goal?: number;
  /** True where less is better. */
  readonly less?: boolean;
  /** How it was measured, and where it falls short. */
  readonly note: string;
};

/** Whether a row reaches its goal; undefined where it has none. */
export function reached(row: Row): boolean | undefined {
  if (row.goal === undefined) return undefined;
  const measured = row.ratio ?? row.value;
  return row.less ? measured <= row.goal : measured >= row.goal;
}
