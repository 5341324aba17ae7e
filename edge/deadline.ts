// Time limits on waiting. `AbortSignal.any` over `AbortSignal.timeout` is not used: on Node 20 the timeout may be
// garbage-collected before it fires (nodejs/node#54614), and the parent would keep a listener for ever.

/**
 * Runs the work with a signal that ends with the parent's or after `limitMs`, whichever is first. Rejects with the
 * signal's reason then, even if the work does not notice.
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const end = (): void => controller.abort(parent.reason);
  const timer = setTimeout(() => controller.abort(new DOMException('The time is over.', 'TimeoutError')), limitMs);
  parent.addEventListener('abort', end, { once: true });
  if (parent.aborted) end();
  try {
    return await Promise.race([work(signal), ended]);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', end);
  }
}
