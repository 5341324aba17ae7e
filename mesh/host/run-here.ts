// A call from one service to another in the same process, as a promise: the same dispatch, without a socket between.

import type { LocalCall } from '../caller/grpc-calls.ts';
import { coerce } from '../errors/coerce.ts';
import { refuse } from '../errors/refuse.ts';
import { onAbort } from '../link/on-abort.ts';
import type { BoundMethod } from './bound-method.ts';
import type { Dispatch } from './dispatch.ts';

/**
 * Resolves with the encoded response. Rejects with what the handler threw, or when the caller's time or patience ends.
 */
export function runHere(
  dispatch: Dispatch,
  methods: ReadonlyMap<string, BoundMethod>,
  call: LocalCall,
): Promise<Uint8Array> {
  const method = methods.get(call.method);
  if (method === undefined) return Promise.reject(refuse('NOT_IMPLEMENTED'));
  return new Promise((resolve, reject) => {
    const { caller, request, timeoutMs, traceparent, signal } = call;
    const leave = () => {
      clearTimeout(timer);
      leaveSignal();
    };
    const running = dispatch.run({ method, caller, request, timeoutMs, traceparent }, (error, response) => {
      // A handler may fail before `run` returns: then nothing was set up yet.
      queueMicrotask(leave);
      if (error !== undefined) reject(error);
      else resolve(response as Uint8Array);
    });
    const cancelled = () => {
      running.abort('CANCELLED');
      leave();
      reject(coerce(signal.reason));
    };
    const timer = setTimeout(() => {
      running.abort('DEADLINE_EXCEEDED');
      leave();
      reject(refuse('DEADLINE_EXCEEDED'));
    }, timeoutMs);
    const leaveSignal = onAbort(signal, cancelled);
    if (signal.aborted) cancelled();
  });
}
