// Answers that come in one turn of the loop go to their socket together: a batch of a Link holds many for the same one.

import type { Frame } from './format.ts';
import type { Session } from './session.ts';

export class Answers {
  /** Bounded by the requests that may be unanswered. */
  #waiting: Session[] = [];
  readonly #send = () => {
    const sessions = this.#waiting;
    this.#waiting = [];
    for (const session of sessions) if (session.answers !== undefined) session.sendAnswers();
  };

  /** Sends it before this turn ends, and before anything else is sent to the socket or ends it. */
  add(session: Session, frame: Frame): void {
    if (session.answers !== undefined) {
      session.answers.push(frame);
      return;
    }
    session.answers = [frame];
    if (this.#waiting.push(session) === 1) queueMicrotask(this.#send);
  }
}
