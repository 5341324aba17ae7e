// Calls between the app and whatever socket there is: they wait while there is none, are repeated where that is safe,
// and each ends, with an answer or an error, within its time.

import { CallError, isTransient, localError } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';
import type { CircuitSocket } from '../socket/circuit-socket.ts';
import type { ReplyFrame } from '../socket/frames.ts';
import { retryDelayMs } from './back-off.ts';

export const callMsDefault = 15_000;
/** Calls that wait for a socket or for room on it. */
export const waitingMax = 1_000;
const attemptsMax = 5;
const inFlightDefault = 32;

export type CallOptions = {
  /** Milliseconds until the call fails with TIMED_OUT; 15 000 unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Whether the call may be made again when its answer was lost, or it was refused for a reason that passes. */
  readonly repeat?: boolean;
};

type Call = {
  readonly event: string;
  readonly data: unknown;
  readonly repeat: boolean;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: CallError) => void;
  attempts: number;
  /** On the socket under this number; 0: it waits. */
  id: number;
  over: boolean;
  pause: Timer | undefined;
};

export class Calls {
  readonly #clock: Clock;
  #waiting: Call[] = [];
  readonly #inFlight = new Map<number, Call>();
  #socket: CircuitSocket | undefined;
  #inFlightMax = inFlightDefault;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get attached(): boolean {
    return this.#socket !== undefined;
  }

  /** Resolves with the reply's data. Rejects with a CallError, and with nothing else. */
  call(event: string, data: unknown, options: CallOptions = {}): Promise<unknown> {
    const { timeoutMs = callMsDefault, signal, repeat = false } = options;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(localError('CLIENT_CLOSED'));
      if (signal?.aborted) return reject(localError('ABORTED_BY_APP'));
      if (this.#waiting.length >= waitingMax) return reject(localError('TOO_MANY_WAITING'));
      const abort = (): void => this.#finish(call, () => call.reject(localError('ABORTED_BY_APP')));
      const timer = this.#clock.after(timeoutMs, () => this.#finish(call, () => call.reject(localError('TIMED_OUT'))));
      const settle = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const call: Call = {
        event,
        data,
        repeat,
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        attempts: 0,
        id: 0,
        over: false,
        pause: undefined,
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(call);
      this.#send();
    });
  }

  /** From now on calls go out on this socket. */
  attach(socket: CircuitSocket): void {
    this.#socket = socket;
    // One below the edge's own limit leaves room for the heartbeat's ping.
    this.#inFlightMax = Math.max(1, (socket.hello?.limits?.requests_in_flight || inFlightDefault + 1) - 1);
    this.#send();
  }

  /** The socket is gone: what was unanswered waits again where a repeat is safe, in the order it was asked. */
  detach(): void {
    this.#socket = undefined;
    const lost = [...this.#inFlight.values()];
    this.#inFlight.clear();
    const again: Call[] = [];
    for (const call of lost) {
      call.id = 0;
      if (call.repeat) again.push(call);
      else this.#finish(call, () => call.reject(localError('CONNECTION_LOST')));
    }
    this.#waiting = [...again, ...this.#waiting];
  }

  close(error: CallError): void {
    this.#closed = true;
    this.#socket = undefined;
    const all = [...this.#inFlight.values(), ...this.#waiting];
    this.#inFlight.clear();
    for (const call of all) this.#finish(call, () => call.reject(error));
  }

  #send(): void {
    while (this.#socket !== undefined && this.#inFlight.size < this.#inFlightMax) {
      const next = this.#waiting.findIndex((call) => call.pause === undefined);
      if (next < 0) return;
      const [call] = this.#waiting.splice(next, 1) as [Call];
      call.attempts += 1;
      try {
        call.id = this.#socket.request(call.event, call.data, (reply) => this.#answered(call, reply));
        this.#inFlight.set(call.id, call);
      } catch (error) {
        const failure = { code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', message: String(error) };
        this.#finish(call, () => call.reject(new CallError(failure)));
      }
    }
  }

  #answered(call: Call, reply: ReplyFrame): void {
    this.#inFlight.delete(call.id);
    call.id = 0;
    if (reply.ok) {
      this.#finish(call, () => call.resolve(reply.data ?? {}));
    } else {
      const error = new CallError(reply.error);
      if (call.repeat && isTransient(error) && call.attempts < attemptsMax && !call.over)
        this.#repeatLater(call, error);
      else this.#finish(call, () => call.reject(error));
    }
    this.#send();
  }

  #repeatLater(call: Call, error: CallError): void {
    const delayMs = retryDelayMs(call.attempts - 1, error.retryAfterMs, this.#clock);
    call.pause = this.#clock.after(delayMs, () => {
      call.pause = undefined;
      this.#send();
    });
    this.#waiting.push(call);
  }

  /** Ends a call wherever it is; later news of it are ignored. */
  #finish(call: Call, tell: () => void): void {
    if (call.over) return;
    call.over = true;
    call.pause?.cancel();
    if (call.id !== 0) {
      this.#socket?.forget(call.id);
      this.#inFlight.delete(call.id);
    } else {
      this.#waiting = this.#waiting.filter((other) => other !== call);
    }
    tell();
    this.#send();
  }
}
