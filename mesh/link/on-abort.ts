// Many who wait on one AbortSignal, such as an edge's own: Node walks all listeners of a signal whenever one is added
// or removed, so thousands of waiting calls would cost their square. Here each signal has one listener, and a set of
// these.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal is aborted, unless what it returns was called before. The signal is not aborted yet. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    const made = new Set<() => void>();
    callbacks = made;
    waiting.set(signal, made);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of made) each();
      },
      { once: true },
    );
  }
  const own = callbacks;
  own.add(callback);
  return () => own.delete(callback);
}
