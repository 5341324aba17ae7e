// One socket of a signed-in user. There may be a hundred thousand: no closure, no timer and no empty container in it.

import type { WebSocket } from 'uWebSockets.js';
import type { LinkSession } from '../../mesh/caller/links.ts';
import type { UserCaller } from '../../mesh/service/caller.ts';
import { Follows } from '../fanout/follows.ts';
import type { Format, Frame } from './format.ts';
import type { Bucket } from './rate.ts';

/** Of a message's size; uWebSockets' cork holds 16 KiB. */
const answersInCork = 16;

export class Session {
  readonly id: string;
  readonly format: Format;
  caller: UserCaller;
  token: string;
  /** Undefined before it is open and after it was closed: every touch of the native socket goes through here. */
  ws: WebSocket<Session> | undefined;
  follows = new Follows();
  /** Made with the first call to a service. */
  linkSession: LinkSession | undefined;
  /** Unanswered requests: how to give each up, by id. Undefined: none. */
  unanswered: Map<number, () => void> | undefined;
  /** Answers of this turn of the loop that are not sent yet. Undefined: none. */
  answers: Frame[] | undefined;
  /** What is left of the rate limit; made with the first request. */
  bucket: Bucket | undefined;
  malformed = 0;
  /** What it did wrong that the log has been told of: of closed lists. Undefined: nothing. */
  told: Set<string> | undefined;
  /** Place in the list of all sockets. */
  place = -1;
  /** The next socket of the same user. */
  sibling: Session | undefined;
  /** False until `ready` was sent. */
  ready = false;

  constructor(id: string, format: Format, caller: UserCaller, token: string) {
    this.id = id;
    this.format = format;
    this.caller = caller;
    this.token = token;
  }

  send(frame: Frame): void {
    if (this.answers !== undefined) this.sendAnswers();
    this.ws?.send(frame, this.format.binary);
  }

  /** In few writes: outside a cork, and beyond what a cork holds, each of them is a system call. */
  sendAnswers(): void {
    const { answers = [], format } = this;
    this.answers = undefined;
    // The first takes the events before it along, which may be more than a cork holds.
    this.ws?.send(answers[0]!, format.binary);
    for (let from = 1; from < answers.length; from += answersInCork) {
      this.ws?.cork(() => {
        // Each looks for the socket anew: it may be cut for what waits for it already.
        for (const answer of answers.slice(from, from + answersInCork)) this.ws?.send(answer, format.binary);
      });
    }
  }

  /** The app sees the close frame; every other end of it is done in the close callback, at once. */
  end(code: number, reason: string): void {
    if (this.answers !== undefined) this.sendAnswers();
    this.ws?.end(code, reason);
  }
}
