import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aboutOf } from './about.ts';

describe('what a request is about', () => {
  it('is the same for equal values and another for others', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
        expect(aboutOf(structuredClone(one))).toBe(aboutOf(one));
        const equal = JSON.stringify(one) === JSON.stringify(other);
        expect(aboutOf(one) === aboutOf(other)).toBe(equal);
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells values apart that look alike', () => {
    const values = ['1', 1, [1], ['1'], { a: 1 }, { b: 1 }, [['a'], 'b'], [['a', 'b']], null, '', [], {}, new Date(1)];
    expect(new Set(values.map((value) => aboutOf(value))).size).toBe(values.length);
  });

  it('passes over what is absent', () => {
    expect(aboutOf({ text: 'a', caption: undefined })).toBe(aboutOf({ text: 'a' }));
  });
});
