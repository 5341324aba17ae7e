// Decides what waits at the front of a log's queue, as one run of entries: each on the state that those before it make.

import { refuse } from '../../../mesh/errors/refuse.ts';
import type { LogKind, LogState, StoredEntry } from './log-kind.ts';
import type { Nothing, Pending } from './operation.ts';
import { type RecentRequests, requestKey } from './recent-requests.ts';

export type Decided<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly pending: Pending<State, Entry, Body>;
  readonly entry: Entry;
};

export type Ended<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly pending: Pending<State, Entry, Body>;
  /** Absent: there was nothing to do. */
  readonly error?: unknown;
};

export type Run<State extends LogState, Entry extends StoredEntry, Body extends object> = {
  readonly decided: readonly Decided<State, Entry, Body>[];
  /** Those that end without an entry: refused, or nothing to do. */
  readonly ended: readonly Ended<State, Entry, Body>[];
  /** How many of those given were looked at; the others wait for the next run. */
  readonly taken: number;
};

/**
 * Pure but for the decisions' own. Stops before a decision whose `read` an entry of this run makes out of date, and
 * before one whose predecessor has just ended without an entry.
 */
export function decideRun<State extends LogState, Entry extends StoredEntry, Body extends object>(
  kind: LogKind<State, Entry, Body>,
  key: string,
  head: State,
  waiting: readonly Pending<State, Entry, Body>[],
  recents: RecentRequests,
): Run<State, Entry, Body> {
  const decided: Decided<State, Entry, Body>[] = [];
  const ended: Ended<State, Entry, Body>[] = [];
  // Most runs are of one send: nothing is noted for those behind it where there is nobody.
  const ahead: Set<string> | undefined = waiting.length > 1 ? new Set() : undefined;
  let touched: Set<string> | undefined;
  let state = head;
  let taken = 0;
  for (const pending of waiting) {
    const { operation } = pending;
    if (pending.settled) {
      taken++;
      continue;
    }
    if (touched !== undefined && overlap(touched, pending.foundNames)) break;
    const predecessor = predecessorOf(pending, key, ahead, recents);
    if (predecessor === 'unknown') break;
    taken++;
    try {
      if (pending.readFailure !== undefined) throw pending.readFailure.error;
      if (predecessor === 'failed') throw refuse('PREDECESSOR_FAILED');
      const body = operation.decide(state, pending.found);
      ahead?.add(pending.key);
      if (isNothing(body)) {
        ended.push({ pending });
        continue;
      }
      const entry = kind.place(state, body, {
        _id: pending.id,
        key,
        sender_key: operation.senderKey,
        request_id: operation.requestId,
        about: operation.about,
        created_at: new Date(operation.now),
      });
      state = kind.fold(state, entry);
      decided.push({ pending, entry });
      const names = kind.touches(entry);
      if (names.length > 0) touched = new Set([...(touched ?? []), ...names]);
    } catch (error) {
      ended.push({ pending, error });
    }
  }
  return { decided, ended, taken };
}

type Predecessor = 'none' | 'there' | 'failed' | 'unknown';

function predecessorOf<State extends LogState, Entry extends StoredEntry, Body extends object>(
  pending: Pending<State, Entry, Body>,
  key: string,
  ahead: ReadonlySet<string> | undefined,
  recents: RecentRequests,
): Predecessor {
  const { after, senderKey } = pending.operation;
  if (after === '') return 'none';
  const request = requestKey(key, senderKey, after);
  if (ahead?.has(request) || recents.has(request)) return 'there';
  if (pending.predecessorStored === undefined) return 'unknown';
  return pending.predecessorStored ? 'there' : 'failed';
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const name of other) if (one.has(name)) return true;
  return false;
}

export function isNothing(body: object | Nothing): body is Nothing {
  return 'nothing' in body;
}
