import { beforeEach, describe, expect, it } from 'vitest';
import { failuresMax, Outliers } from './outliers.ts';

let now = 0;
let outs = 0;
let outliers: Outliers;
const all = ['a:1', 'b:1', 'c:1', 'd:1'];

beforeEach(() => {
  now = 0;
  outs = 0;
  outliers = new Outliers(
    () => now,
    () => {
      outs += 1;
    },
  );
});

function fail(address: string, times = failuresMax): void {
  for (let time = 0; time < times; time += 1) outliers.failed(address);
}

describe('a peer that does not answer', () => {
  it('is left out after failures in a row, and only then', () => {
    fail('a:1', failuresMax - 1);
    outliers.answered('a:1');
    fail('a:1', failuresMax - 1);
    expect(outliers.sound(all)).toEqual(all);
    fail('a:1', 1);
    expect(outliers.sound(all)).toEqual(['b:1', 'c:1', 'd:1']);
    expect(outs).toBe(1);
  });

  it('is asked again after a while, and left out for longer if it still does not answer', () => {
    fail('a:1');
    now = 5_000;
    expect(outliers.sound(all)).toEqual(all);
    fail('a:1', 1);
    now += 4_999;
    expect(outliers.sound(all)).not.toContain('a:1');
    now += 5_001;
    expect(outliers.sound(all)).toEqual(all);
    outliers.answered('a:1');
    fail('a:1', failuresMax - 1);
    expect(outliers.sound(all)).toEqual(all);
  });

  it('is asked all the same when more than half would be left out', () => {
    for (const address of all) fail(address);
    expect(outliers.sound(all)).toHaveLength(2);
    expect(outliers.sound(['a:1'])).toEqual(['a:1']);
  });

  it('is forgotten when it is no peer any more', () => {
    fail('a:1');
    outliers.keep(new Set(['b:1']));
    expect(outliers.sound(all)).toEqual(all);
  });
});
