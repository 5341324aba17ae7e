import { describe, expect, it } from 'vitest';
import { ownerOf } from './rendezvous.ts';

const three = ['10.0.0.1:7070', '10.0.0.2:7070', '10.0.0.3:7070'];
const keys = Array.from({ length: 6_000 }, (_, number) => String(number).padStart(12, '0'));

describe('the owner of a key', () => {
  it('is the same in whatever order the addresses are known', () => {
    for (const key of keys.slice(0, 500)) {
      expect(ownerOf(key, [...three].reverse())).toBe(ownerOf(key, three));
    }
  });

  it('is each address about equally often', () => {
    for (const address of three) {
      const share = keys.filter((key) => ownerOf(key, three) === address).length / keys.length;
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.37);
    }
  });

  it('changes only for the keys of the address that left, which spread over the others', () => {
    const left = three.slice(1);
    const moved = keys.filter((key) => ownerOf(key, three) !== ownerOf(key, left));
    expect(moved.every((key) => ownerOf(key, three) === three[0])).toBe(true);
    const toSecond = moved.filter((key) => ownerOf(key, left) === three[1]).length / moved.length;
    expect(toSecond).toBeGreaterThan(0.45);
    expect(toSecond).toBeLessThan(0.55);
  });

  it('is nobody where there is nobody', () => {
    expect(ownerOf('1', [])).toBeUndefined();
  });
});
