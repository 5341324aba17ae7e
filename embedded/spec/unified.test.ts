import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { version } from '../commands/handshake.ts';
import { openStore, type Store } from '../store.ts';
import { outOfScope } from './out-of-scope.ts';
import { runTest } from './run-unified.ts';
import { isMet, readTestFile } from './unified-format.ts';

const folder = join(import.meta.dirname, 'unified');
let dataDir: string;
let store: Store;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-spec-'));
  store = await openStore({ dataDir, port: 0, enableTestCommands: true });
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
  const file = readTestFile(join(folder, name));
  const meant = file.tests.filter(
    (test) =>
      isMet(file.runOnRequirements, version, 'replicaset') &&
      isMet(test.runOnRequirements, version, 'replicaset') &&
      outOfScope(name, test.description) === undefined,
  );
  if (meant.length === 0) continue;
  describe(name, () => {
    for (const test of meant) it(test.description, () => runTest(store.uri, file, test));
  });
}
