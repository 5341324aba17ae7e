import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsTable } from '../../mesh/config/printed.ts';
import { root } from './source-files.ts';

describe("the README's table of settings", () => {
  it('is the one that `circuit config --table` prints', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(settingsTable());
  });
});
