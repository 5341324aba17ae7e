import { describe, expect, it } from 'vitest';
import { ringEventsMax, ringMs } from '../limits.ts';
import { Arena } from './arena.ts';
import { type Kept, Ring } from './ring.ts';

const none: Kept = { place: -1, length: 0 };

function keep(arena: Arena, ring: Ring, seq: number, atMs = 0): void {
  const frame = Buffer.from(`{"seq":${seq},"data":"é${seq}"}`);
  ring.push(seq, atMs, { place: arena.write(frame), length: frame.length }, none);
}

function texts(ring: Ring, arena: Arena, after: number, upTo: number): string[] | undefined {
  return ring.between(after, upTo, 'json', arena)?.map((frame) => Buffer.from(frame).toString());
}

describe('a ring', () => {
  it('gives the frames between two positions, or nothing if one is missing', () => {
    const [arena, ring] = [new Arena(), new Ring()];
    for (let seq = 5; seq <= 9; seq++) keep(arena, ring, seq);
    expect(texts(ring, arena, 6, 8)).toEqual(['{"seq":7,"data":"é7"}', '{"seq":8,"data":"é8"}']);
    expect(texts(ring, arena, 8, 8)).toEqual([]);
    expect(texts(ring, arena, 3, 8)).toBeUndefined();
    expect(texts(ring, arena, 7, 10)).toBeUndefined();
    expect(ring.between(6, 8, 'proto', arena)).toBeUndefined();
  });

  it('keeps so many events and no more', () => {
    const [arena, ring] = [new Arena(), new Ring()];
    for (let seq = 1; seq <= ringEventsMax + 10; seq++) keep(arena, ring, seq);
    expect(texts(ring, arena, 9, 11)).toBeUndefined();
    expect(texts(ring, arena, 10, ringEventsMax + 10)).toHaveLength(ringEventsMax);
  });

  it('forgets what is too old, what was blanked, and all when its numbers jump', () => {
    const [arena, ring] = [new Arena(), new Ring()];
    for (let seq = 1; seq <= 4; seq++) keep(arena, ring, seq, seq);
    ring.expire(ringMs + 2);
    expect(texts(ring, arena, 1, 4)).toEqual([
      '{"seq":2,"data":"é2"}',
      '{"seq":3,"data":"é3"}',
      '{"seq":4,"data":"é4"}',
    ]);
    ring.blank(3);
    expect(texts(ring, arena, 1, 4)).toBeUndefined();
    keep(arena, ring, 9, 4);
    expect(texts(ring, arena, 3, 9)).toBeUndefined();
    expect(texts(ring, arena, 8, 9)).toEqual(['{"seq":9,"data":"é9"}']);
    ring.expire(ringMs + 5);
    expect(ring.isEmpty).toBe(true);
  });
});

describe('an arena', () => {
  it('goes round: the oldest frames are gone, the newest are whole, whatever their sizes', () => {
    const bytesMax = 4 * 1024 * 1024;
    const arena = new Arena(bytesMax);
    const kept: { place: number; text: string }[] = [];
    let written = 0;
    for (let n = 0; written < bytesMax * 3; n++) {
      const text = String(n).padEnd(50_000 + (n % 4) * 10_000, 'x');
      kept.push({ place: arena.write(Buffer.from(text)), text });
      written += text.length;
    }
    const frames = kept.map(({ place, text }) => ({ text, bytes: arena.view(place, text.length) }));
    expect(frames[0]!.bytes).toBeUndefined();
    expect(frames.slice(-20).every(({ bytes }) => bytes !== undefined)).toBe(true);
    for (const { text, bytes } of frames) if (bytes !== undefined) expect(Buffer.from(bytes).toString()).toBe(text);
  });

  it('does not keep what is too large', () => {
    expect(new Arena().write(Buffer.alloc(300_000))).toBe(-1);
  });
});
