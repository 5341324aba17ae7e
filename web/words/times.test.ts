import { describe, expect, it } from 'vitest';
import { dayWords, shortWords } from './times.ts';

const now = new Date(2026, 5, 18, 9, 30);
const at = (...parts: readonly [number, number, number, number, number]): string => new Date(...parts).toISOString();

describe('a moment', () => {
  it('is named by its day, as people do', () => {
    expect(dayWords(at(2026, 5, 18, 0, 1), now)).toBe('Today');
    expect(dayWords(at(2026, 5, 17, 23, 59), now)).toBe('Yesterday');
    expect(dayWords(at(2026, 5, 12, 12, 0), now)).toMatch(/Fri/);
    expect(dayWords(at(2025, 5, 18, 12, 0), now)).toMatch(/2025/);
  });

  it('is short in a list: the time today, else the day', () => {
    expect(shortWords(at(2026, 5, 18, 8, 5), now)).toMatch(/8:05/);
    expect(shortWords(at(2026, 5, 17, 8, 5), now)).toBe('Yesterday');
    expect(shortWords(at(2026, 4, 2, 8, 5), now)).toMatch(/May/);
    expect(shortWords(undefined, now)).toBe('');
  });
});
