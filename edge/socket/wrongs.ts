// What an app does wrong on a socket, told in the log: each kind of wrong once for each socket, so that an app that
// errs ten thousand times writes one line.

import type { Reason } from '../../mesh/errors/reasons.ts';
import type { RefusalLog } from '../../mesh/telemetry/refusal-log.ts';
import type { CloseName } from './close-codes.ts';
import type { Session } from './session.ts';

/** UTF-16 units of an event's name that an app made up. */
const eventLengthMax = 64;

export class Wrongs {
  readonly #refusals: RefusalLog;

  constructor(refusals: RefusalLog) {
    this.#refusals = refusals;
  }

  /** `event` is empty where the frame could not be read. */
  refused(session: Session, reason: Reason, event: string): void {
    if (session.ws === undefined || !isFirst(session, reason)) return;
    this.#refusals.refused({ ...nameOf(session), event: event.slice(0, eventLengthMax), reason });
  }

  ended(session: Session, reason: CloseName): void {
    if (session.ws !== undefined && isFirst(session, reason))
      this.#refusals.line({ ...nameOf(session), reason }, 'a socket was ended');
  }

  /** The connection was lost without a close frame, since it broke a rule: `why`, as uWebSockets says it. */
  cut(session: Session, why: string): void {
    if (isFirst(session, why)) this.#refusals.line({ ...nameOf(session), detail: why }, 'a socket was cut');
  }
}

function nameOf({ id, caller }: Session): { readonly session: string; readonly userKey: string } {
  return { session: id, userKey: caller.key };
}

function isFirst(session: Session, wrong: string): boolean {
  session.told ??= new Set();
  if (session.told.has(wrong)) return false;
  session.told.add(wrong);
  return true;
}
