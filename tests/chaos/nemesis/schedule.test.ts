import { describe, expect, it } from 'vitest';
import { calmMs, firstMs, type ScheduleOptions, scheduleOf, stormMs, told } from './schedule.ts';

const options: ScheduleOptions = {
  seed: 7,
  seconds: 600,
  targets: { processes: ['edge-1', 'store'], clocks: ['edge-1'], wires: ['clients>edge-1'], disk: true },
};

describe('a schedule', () => {
  it('is the same for the same seed, and another for another one', () => {
    expect(scheduleOf(options)).toEqual(scheduleOf(options));
    expect(scheduleOf({ ...options, seed: 8 })).not.toEqual(scheduleOf(options));
  });

  it('has every kind of fault in ten minutes, and only what there is to break', () => {
    const kinds = new Set(scheduleOf(options).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['clock', 'cut', 'disk-full', 'hang', 'kill', 'lost-answers', 'pause', 'roll']);
    const without = scheduleOf({ ...options, targets: { ...options.targets, disk: false, clocks: [] } });
    expect(without.filter(({ kind }) => kind === 'disk-full' || kind === 'clock')).toEqual([]);
  });

  it('leaves calms between storms, one at the end, and no target two faults at once', () => {
    const steps = scheduleOf(options);
    for (const { atMs } of steps) {
      expect((atMs - firstMs) % (stormMs + calmMs)).toBeLessThan(stormMs);
      expect(atMs).toBeLessThan(600_000 - calmMs);
    }
    const ends = new Map<string, number>();
    for (const { target, atMs, forMs } of steps) {
      expect(ends.get(target) ?? 0).toBeLessThanOrEqual(atMs);
      ends.set(target, atMs + forMs);
    }
  });

  it('can be read', () => {
    expect(told({ atMs: 12_400, kind: 'kill', target: 'chat-1', forMs: 800 })).toBe('  12.4 s  kill chat-1 for 0.8 s');
    expect(told({ atMs: 1_000, kind: 'lost-answers', target: 'store', forMs: 0, by: 3 })).toBe(
      '   1.0 s  lost-answers store 3 times',
    );
  });
});
