// A promise that somebody else settles.

export type Deferred<Result> = {
  readonly promise: Promise<Result>;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

export function deferred<Result>(): Deferred<Result> {
  let resolve: ((result: Result) => void) | undefined;
  let reject: ((error: unknown) => void) | undefined;
  const promise = new Promise<Result>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve: resolve!, reject: reject! };
}
