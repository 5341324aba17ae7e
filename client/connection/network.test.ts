import { describe, expect, it } from 'vitest';
import { watchNetwork } from './network.ts';

describe('the network of a browser', () => {
  it('is heard of until it is not watched any more', () => {
    const page = new EventTarget();
    const heard: string[] = [];
    const stop = watchNetwork({ onOnline: () => heard.push('online'), onDoubt: () => heard.push('doubt') }, page);
    page.dispatchEvent(new Event('online'));
    page.dispatchEvent(new Event('offline'));
    stop();
    page.dispatchEvent(new Event('online'));
    expect(heard).toEqual(['online', 'doubt']);
  });

  it('is not missed where there is none', () => {
    expect(() => watchNetwork({ onOnline: () => undefined, onDoubt: () => undefined }, {})()).not.toThrow();
  });
});
