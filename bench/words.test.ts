import { describe, expect, it } from 'vitest';
import { measuredFigure } from './words.ts';

describe('what is held against a goal', () => {
  const row = { name: 'sends', value: 1, unit: 'sends/s', note: '', goal: 0.5 };

  it('does not look as if it had reached what it just missed', () => {
    expect(measuredFigure({ ...row, ratio: 0.4962 })).toBe('0.496');
    expect(measuredFigure({ ...row, ratio: 0.4998 })).toBe('0.4998');
  });

  it('has three digits otherwise', () => {
    expect(measuredFigure({ ...row, ratio: 0.5 })).toBe('0.50');
    expect(measuredFigure({ ...row, ratio: 0.4412 })).toBe('0.44');
  });
});
