// What a browser knows about its network: used where it exists, absent in Node.

type Target = {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
};

export type NetworkWatch = {
  /** The network came back: try at once. */
  onOnline(): void;
  /** The network may have gone, or the page slept: see whether the line still works. */
  onDoubt(): void;
};

/** Returns the function that stops watching. */
export function watchNetwork(watch: NetworkWatch, page: Target = globalThis as Target): () => void {
  const shown = (): void => {
    if ((globalThis as { document?: Document }).document?.visibilityState !== 'hidden') watch.onDoubt();
  };
  const listeners: readonly (readonly [Target | undefined, string, () => void])[] = [
    [page, 'online', () => watch.onOnline()],
    [page, 'offline', () => watch.onDoubt()],
    [(globalThis as { document?: Document }).document, 'visibilitychange', shown],
  ];
  for (const [target, type, listener] of listeners) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target?.removeEventListener?.(type, listener);
  };
}
