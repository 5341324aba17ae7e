// What riders were shown, held against what was acknowledged to the sender.

export type Tally = {
  readonly expected: number;
  /** Different messages that came. */
  readonly delivered: number;
  readonly twice: number;
  /** Shown after one with a higher number. */
  readonly disordered: number;
};

/** `seen` of each rider of one conversation, `sent` in the order of its log. */
export function tallyOf(sent: readonly number[], seen: readonly (readonly number[])[]): Tally {
  const wanted = new Set(sent);
  const tally = { expected: sent.length * seen.length, delivered: 0, twice: 0, disordered: 0 };
  for (const numbers of seen) {
    const came = numbers.filter((seq) => wanted.has(seq));
    const different = new Set(came).size;
    tally.delivered += different;
    tally.twice += came.length - different;
    tally.disordered += came.filter((seq, at) => at > 0 && seq < came[at - 1]!).length;
  }
  return tally;
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (name: keyof Tally) => tallies.reduce((total, tally) => total + tally[name], 0);
  return {
    expected: sum('expected'),
    delivered: sum('delivered'),
    twice: sum('twice'),
    disordered: sum('disordered'),
  };
}
