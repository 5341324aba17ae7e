import { defineConfig } from 'vitest/config';

// Runs of many minutes: `NIGHTLY=1 npm test` has them, too.
const nightly = process.env.NIGHTLY ? [] : ['tests/chaos/plants/plants.test.ts'];

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'gen/**', '.circuit/**', ...nightly],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default', './scripts/vitest-closing-line.mjs'],
  },
});
