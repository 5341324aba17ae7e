// When things happened: outside faults events arrive soon, connections hold, and head checks find nothing.

import type { Away, Fault, History } from '../record.ts';

/** Outside faults an event arrives within this after its acknowledgement. */
export const arrivalMsMax = 3_000;
/** How long after a fault the mesh may still be busy mending itself: dead peers found, Links opened, heads compared. */
export const recoveryMs = 15_000;
/** How long after a fault a client may still wait for its next attempt: its back-off goes up to 30 s. */
export const backOffMs = 35_000;

export function* inTime({ acknowledged, seen, faults, away }: History): Iterable<string> {
  const times = new Map<string, number>();
  for (const { conversation, seq, at } of acknowledged) if (seq !== undefined) times.set(`${conversation} ${seq}`, at);
  const awayOf = byClient(away);
  for (const { client, conversation, seq, at } of seen) {
    const since = times.get(`${conversation} ${seq}`);
    if (since === undefined || at - since <= arrivalMsMax) continue;
    if (touches(since, at, faults, recoveryMs) || touches(since, at, awayOf.get(client) ?? [], 0)) continue;
    yield `${client} saw ${seq} of ${conversation} ${Math.round(at - since)} ms late, at ${Math.round(at)} ms`;
  }
}

export function* neverAway({ away, faults }: History): Iterable<string> {
  for (const { client, from, to } of away) {
    if (touches(from, from, faults, recoveryMs) && touches(to, to, faults, backOffMs)) continue;
    yield `${client} was away from ${Math.round(from)} to ${Math.round(to)} ms`;
  }
}

export function* quietHeadChecks({ foundByHeadChecks, faults }: History): Iterable<string> {
  for (const { at, topics } of foundByHeadChecks) {
    if (!touches(at, at, faults, recoveryMs)) yield `${topics} topics were behind at ${Math.round(at)} ms`;
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

export function* refusedForAReason({ refusals, faults }: History): Iterable<string> {
  for (const { client, call, reason, excused, from, to } of refusals) {
    if (excused || (passing.has(reason) && touches(from, to, faults, recoveryMs))) continue;
    yield `${client}: ${call} was ${reason} at ${Math.round(to)} ms`;
  }
}

type Window = Pick<Fault, 'from' | 'to'>;

/** Whether one of the windows, each longer by `afterMs`, touches this stretch of time. */
function touches(from: number, to: number, windows: readonly Window[], afterMs: number): boolean {
  return windows.some((window) => window.from <= to && window.to + afterMs >= from);
}

function byClient(away: readonly Away[]): ReadonlyMap<string, readonly Away[]> {
  const clients = new Map<string, Away[]>();
  for (const each of away) {
    const known = clients.get(each.client);
    if (known) known.push(each);
    else clients.set(each.client, [each]);
  }
  return clients;
}
