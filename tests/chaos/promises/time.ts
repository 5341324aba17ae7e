// When things happened: outside faults events arrive soon, connections hold, and head checks find nothing.

import type { Fault, History } from '../record.ts';
import { arrivalsOf } from './arrivals.ts';
import { excusing, touches } from './windows.ts';

/** Outside faults an event arrives within this after its acknowledgement. */
export const arrivalMsMax = 3_000;
/** How long after a fault the mesh may still be busy mending itself: dead peers found, Links opened, heads compared. */
export const recoveryMs = 15_000;
/** How long after a fault a client may still wait for its next attempt: its back-off goes up to 30 s. */
export const backOffMs = 35_000;
/**
 * A process that is killed between commit and publish leaves an entry that nobody was acknowledged and nobody else
 * knows of: the next head check of its topic finds it, or what takes over its log. Each looks once a minute.
 */
export const unpublishedMs = 65_000;

export function* inTime(history: History): Iterable<string> {
  const faults = excusing(history.faults);
  for (const { client, conversation, seq, since, at, absent } of arrivalsOf(history)) {
    if (at - since <= arrivalMsMax || absent || touches(since, at, faults, recoveryMs)) continue;
    yield `${client} saw ${seq} of ${conversation} ${Math.round(at - since)} ms late, at ${Math.round(at)} ms`;
  }
}

export function* neverAway({ away, ...history }: History): Iterable<string> {
  const faults = excusing(history.faults);
  for (const { client, from, to } of away) {
    if (touches(from, from, faults, recoveryMs) && touches(to, to, faults, backOffMs)) continue;
    yield `${client} was away from ${Math.round(from)} to ${Math.round(to)} ms`;
  }
}

/** Faults that may leave an entry unpublished: kills of a chat process, since no other commits any. */
export function unpublishing(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter(({ name }) => name.startsWith('kill chat-'));
}

export function* quietHeadChecks({ foundByHeadChecks, ...history }: History): Iterable<string> {
  const faults = excusing(history.faults);
  const kills = unpublishing(history.faults);
  for (const { at, topics } of foundByHeadChecks) {
    if (touches(at, at, faults, recoveryMs) || touches(at, at, kills, unpublishedMs)) continue;
    yield `${topics} topics were behind at ${Math.round(at)} ms`;
  }
}

/** What a call may be told while something is broken; anything else is no fault's doing. */
const passing: ReadonlySet<string> = new Set([
  'TIMED_OUT',
  'CONNECTION_LOST',
  'UNAVAILABLE',
  'SHUTTING_DOWN',
  'STORE_UNAVAILABLE',
  'OVERLOADED',
  'DEADLINE_EXCEEDED',
  'CONFLICT',
]);

export function* refusedForAReason({ refusals, ...history }: History): Iterable<string> {
  const faults = excusing(history.faults);
  for (const { client, call, reason, excused, from, to } of refusals) {
    if (excused || (passing.has(reason) && touches(from, to, faults, recoveryMs))) continue;
    yield `${client}: ${call} was ${reason} at ${Math.round(to)} ms`;
  }
}
