import { describe, expect, it } from 'vitest';
import { isLong } from './fold.ts';

describe('a text is long', () => {
  it('by its lines or its letters, and not before', () => {
    expect(isLong('DO is 2.1')).toBe(false);
    expect(isLong(Array.from({ length: 24 }, (_, n) => `pond ${n}`).join('\n'))).toBe(false);
    expect(isLong('\n'.repeat(24))).toBe(true);
    expect(isLong('x'.repeat(1_600))).toBe(false);
    expect(isLong('x'.repeat(1_601))).toBe(true);
  });
});
