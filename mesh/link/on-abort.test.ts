import { describe, expect, it } from 'vitest';
import { onAbort } from './on-abort.ts';

describe('waiting for an abort', () => {
  it('calls back each that still waits, once', () => {
    const controller = new AbortController();
    const called: string[] = [];
    onAbort(controller.signal, () => called.push('first'));
    const leave = onAbort(controller.signal, () => called.push('left'));
    onAbort(controller.signal, () => called.push('last'));
    leave();
    controller.abort();
    controller.abort();
    expect(called).toEqual(['first', 'last']);
  });

  it('puts one listener on a signal, however many wait', () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...rest: Parameters<typeof add>) => {
      listeners += 1;
      add(...rest);
    };
    const leaves = Array.from({ length: 10_000 }, () => onAbort(signal, () => {}));
    for (const leave of leaves) leave();
    onAbort(signal, () => {});
    expect(listeners).toBe(1);
  });
});
