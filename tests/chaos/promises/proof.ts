// How much of a run was under proof: what a fault may explain proves nothing about time.

import type { History } from '../record.ts';
import { arrivalsOf } from './arrivals.ts';
import { arrivalMsMax, recoveryMs, unpublishedMs, unpublishing } from './time.ts';
import { excusing, freeMs, msAfter, touches, type Window } from './windows.ts';

export type Proof = {
  /** Of the time in which clients acted, 0 to 1: nothing was broken, nor had been within the recovery time. */
  readonly timeShare: number;
  /** The same for head checks, which a killed chat process excuses for longer. */
  readonly headCheckShare: number;
  /** Arrivals that no fault and no absence could have excused. */
  readonly arrivals: number;
  readonly arrivalsInAll: number;
  /** The slowest of those under proof, from its acknowledgement. */
  readonly slowestMs: number;
  /** How long after the end of a fault something last went wrong that is laid to it. */
  readonly recoveredMs: number;
};

export function proofOf(history: History): Proof {
  const { away, foundByHeadChecks, refusals, actedMs } = history;
  const faults = excusing(history.faults);
  let arrivals = 0;
  let arrivalsInAll = 0;
  let slowestMs = 0;
  const troubles = [
    ...foundByHeadChecks.map(({ at }) => at),
    // By when it began, which may be within a fault that it outlasts. Before the first one: that is what it was met by.
    ...[...away, ...refusals.filter(({ excused }) => !excused)]
      .filter(({ from, to }) => msAfter(from, faults) < Number.POSITIVE_INFINITY || !touches(from, to, faults, 0))
      .map(({ from }) => from),
  ];
  for (const { since, at, absent } of arrivalsOf(history)) {
    arrivalsInAll += 1;
    if (absent) continue;
    if (at - since > arrivalMsMax) troubles.push(at);
    if (touches(since, at, faults, recoveryMs)) continue;
    arrivals += 1;
    slowestMs = Math.max(slowestMs, at - since);
  }
  const after = (windows: readonly Window[], ms: number) => windows.map(({ from, to }) => ({ from, to: to + ms }));
  const headsExcused = [...after(faults, recoveryMs), ...after(unpublishing(history.faults), unpublishedMs)];
  const share = (freeFor: number) => (actedMs > 0 ? freeFor / actedMs : 0);
  return {
    timeShare: share(freeMs(actedMs, faults, recoveryMs)),
    headCheckShare: share(freeMs(actedMs, headsExcused, 0)),
    arrivals,
    arrivalsInAll,
    slowestMs,
    recoveredMs: troubles.reduce((most, at) => Math.max(most, msAfter(at, faults)), 0),
  };
}
