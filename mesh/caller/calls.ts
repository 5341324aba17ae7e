// Calls to services of the mesh, in this process's own name or in the name of a verified caller.

import type { Caller } from '../service/caller.ts';

export type CallOptions = {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970; the called service sees what is left of it. */
  readonly deadline: number;
  /** Whom the call is for; absent: this process itself. */
  readonly caller?: Caller;
  readonly traceparent?: string;
};

export type Calls = {
  /**
   * Calls `method`, such as `circuit.chat.v1.ChatService/SendMessage`, at the process that owns the request's routing
   * field. Errors are `CircuitError`s with the reason that the service gave, or UNAVAILABLE.
   */
  call<Request, Response>(method: string, request: Request, options: CallOptions): Promise<Response>;
};
