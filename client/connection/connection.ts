// One connection that is always there or on its way back: token, ticket, socket, session, and again after a loss.
// It owns the socket and the calls on it; what the events mean is not its matter.

import { CallError, isTransient, localError } from '../call-error.ts';
import type { Clock, Timer } from '../clock.ts';
import { Changing } from '../listeners.ts';
import { CircuitSocket } from '../socket/circuit-socket.ts';
import { isTerminal, suggestedDelayMs } from '../socket/close-codes.ts';
import type { EventFrame, Positions } from '../socket/frames.ts';
import type { WebSocketClass } from '../socket/web-socket.ts';
import { reconnectDelayMs } from './back-off.ts';
import { type CallOptions, Calls } from './calls.ts';
import { watchNetwork } from './network.ts';
import { socketUrl, tokenExpiry } from './sign-in.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  /** Signed in; what was missed is being asked for. Calls work. */
  | { readonly name: 'catching-up' }
  | { readonly name: 'online' }
  /** Will try again at `retryAt`, milliseconds since 1970. */
  | { readonly name: 'offline'; readonly retryAt: number; readonly error: CallError }
  /** Over: the app closed it, or the server said not to come back. */
  | { readonly name: 'closed'; readonly code: number; readonly reason: string };

export type ConnectionOptions = {
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly WebSocket: WebSocketClass;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** A socket signed in and follows these topics; resolves once nothing is missing any more. */
  onReady(topics: Positions): Promise<void>;
  onEvent(frame: EventFrame): void;
  onLost(): void;
};

/** Tokens refused in a row before the connection gives up: each was fresh from the app. */
const refusalsMax = 3;
/** A token is renewed when this much of its remaining life is over. */
const renewAtShare = 0.8;
/** How long the app may take to give a token. */
const tokenMsMax = 30_000;
/** `setTimeout` takes no more than 2^31 ms. */
const timerMsMax = 2_000_000_000;

export class Connection extends Changing {
  readonly #options: ConnectionOptions;
  readonly #calls: Calls;
  readonly #end = new AbortController();
  readonly #stopWatching: () => void;
  #state: ConnectionState = { name: 'connecting' };
  #socket: CircuitSocket | undefined;
  #retry: Timer | undefined;
  #renewal: Timer | undefined;
  /** Ends the wait for the app's token. */
  #patience: Timer | undefined;
  /** Since the last socket that missed nothing any more. */
  #attempt = 0;
  #refusals = 0;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#calls = new Calls(options.clock);
    this.#stopWatching = watchNetwork({
      onOnline: () => (this.#retry === undefined ? this.#socket?.check() : this.#connect()),
      onDoubt: () => this.#socket?.check(),
    });
    this.#connect();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether calls reach a socket now, rather than wait. */
  get attached(): boolean {
    return this.#calls.attached;
  }

  get resumeTopicsMax(): number {
    return this.#socket?.hello?.limits?.resume_topics || 100;
  }

  call(event: string, data: unknown, options?: CallOptions): Promise<unknown> {
    return this.#calls.call(event, data, options);
  }

  /** Gives this socket up for another: it can't be relied on. */
  restart(): void {
    this.#socket?.close();
  }

  /** Does not wait for the next attempt's time. */
  reconnectNow(): void {
    if (this.#retry !== undefined) this.#connect();
  }

  close(): void {
    this.#finish(localError('CLIENT_CLOSED'), 1000);
  }

  #connect(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#become({ name: 'connecting' });
    void this.#open().catch((error: unknown) => this.#failed(error));
  }

  async #open(): Promise<void> {
    const { token, WebSocket, clock } = this.#options;
    const signal = this.#end.signal;
    const fresh = await this.#inTime(token());
    const url = await socketUrl(fresh, this.#options, signal);
    if (signal.aborted) return;
    this.#refusals = 0;
    const socket = new CircuitSocket({
      url,
      WebSocket,
      clock,
      onEvent: (frame) => this.#heard(socket, frame),
      onClosed: (code, reason) => this.#lost(socket, code, reason),
    });
    this.#socket = socket;
    this.#renewLater(socket, tokenExpiry(fresh));
  }

  /** An app that never answers is asked again, as one that fails is. */
  #inTime(token: Promise<string>): Promise<string> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const patience = clock.after(tokenMsMax, () => reject(appFault('the token did not come in time')));
      this.#patience = patience;
      token.then(resolve, reject).finally(() => patience.cancel());
    });
  }

  /** No socket came to be. */
  #failed(error: unknown): void {
    const failure = error instanceof CallError ? error : appFault(error);
    const unauthenticated = failure.code === 'UNAUTHENTICATED';
    if (unauthenticated) this.#refusals += 1;
    if (this.#refusals >= refusalsMax || (!unauthenticated && !isTransient(failure))) this.#finish(failure, 0);
    else this.#retryLater(failure, failure.retryAfterMs);
  }

  #heard(socket: CircuitSocket, frame: EventFrame): void {
    if (socket !== this.#socket) return;
    if (frame.event === 'ready') this.#ready(socket, frame);
    else this.#options.onEvent(frame);
  }

  #ready(socket: CircuitSocket, frame: EventFrame): void {
    this.#become({ name: 'catching-up' });
    this.#calls.attach(socket);
    const { topics = {} } = frame.data as { topics?: Positions };
    this.#options.onReady(topics).then(
      () => {
        if (socket !== this.#socket) return;
        this.#attempt = 0;
        this.#become({ name: 'online' });
      },
      // It fails only with the socket, whose loss is told on its own; anything else starts over.
      () => socket.close(),
    );
  }

  #lost(socket: CircuitSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#renewal?.cancel();
    this.#calls.detach();
    this.#options.onLost();
    if (this.#end.signal.aborted) return;
    const error = new CallError({
      code: 'UNAVAILABLE',
      reason: 'CONNECTION_LOST',
      message: `Closed: ${code} ${reason}`,
    });
    if (isTerminal(code))
      this.#finish(new CallError({ code: 'CANCELLED', reason: reason || 'CLOSED', message: reason }), code);
    else this.#retryLater(error, suggestedDelayMs(reason));
  }

  #retryLater(error: CallError, suggestedMs: number): void {
    if (this.#end.signal.aborted) return;
    const { clock } = this.#options;
    const delayMs = reconnectDelayMs(this.#attempt, suggestedMs, clock);
    this.#attempt += 1;
    this.#retry = clock.after(delayMs, () => this.#connect());
    this.#become({ name: 'offline', retryAt: clock.now() + delayMs, error });
  }

  /** So that a socket outlives its token: a fresh one is presented in band, in good time. */
  #renewLater(socket: CircuitSocket, expiresAt: number): void {
    if (socket !== this.#socket) return;
    this.#renewal?.cancel();
    const { clock } = this.#options;
    const leftMs = expiresAt - clock.now();
    if (expiresAt === 0 || leftMs <= 0) return;
    const delayMs = Math.min(leftMs * renewAtShare, timerMsMax);
    this.#renewal = clock.after(delayMs, () => void this.#renew(socket, expiresAt));
  }

  async #renew(socket: CircuitSocket, expiresAt: number): Promise<void> {
    try {
      const token = await this.#options.token();
      if (socket !== this.#socket) return;
      await this.call('auth.refresh', { token });
      this.#renewLater(socket, tokenExpiry(token));
    } catch {
      // Asked again within the life that is left; when it ends, the edge says so and a new socket brings a new token.
      this.#renewLater(socket, expiresAt);
    }
  }

  #finish(error: CallError, code: number): void {
    if (this.#state.name === 'closed') return;
    this.#end.abort();
    this.#stopWatching();
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#renewal?.cancel();
    this.#patience?.cancel();
    this.#become({ name: 'closed', code, reason: error.reason });
    this.#calls.close(error);
    this.#socket?.close();
  }

  #become(state: ConnectionState): void {
    if (this.#state.name === 'closed') return;
    this.#state = state;
    this.changed();
  }
}

/** What the app's own `token()` or WebSocket threw: the network may be why, so it is tried again. */
function appFault(error: unknown): CallError {
  return new CallError({ code: 'UNAVAILABLE', reason: 'CONNECTION_LOST', message: `No connection: ${String(error)}` });
}
