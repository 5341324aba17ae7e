import { defineConfig } from 'vitest/config';
import { Order } from './scripts/vitest-order.mjs';

const never = ['node_modules/**', 'dist/**', 'gen/**', '.circuit/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default', './scripts/vitest-closing-line.mjs'],
    sequence: { sequencer: Order },
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: ['**/*.test.ts'], exclude: [...never, 'services/**'] },
      },
      {
        // Their tests share nothing but the process, in which all that a service stands on is loaded once.
        extends: true,
        test: {
          name: 'services',
          include: ['services/**/*.test.ts'],
          isolate: false,
          setupFiles: ['services/chat/testing/after-file.ts'],
        },
      },
    ],
  },
});
