import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { version } from '../commands/handshake.ts';
import { openStore, type Store } from '../store.ts';
import { outOfScope } from './out-of-scope.ts';
import { runTest } from './run-unified.ts';
import { readTestFile, unmet } from './unified-format.ts';

/**
 * The data is MongoDB's, under a licence of its own, and no part of this repository: the files of
 * `source/crud/tests/unified` of github.com/mongodb/specifications, in a folder named `mongodb-crud-tests` beside this
 * checkout or in a folder beside it, or where MONGODB_CRUD_TESTS says.
 */
function findFolder(): string | undefined {
  const beside = join(import.meta.dirname, '../../..');
  const neighbours = readdirSync(beside, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const places = ['', ...neighbours.map(({ name }) => name)].map((name) => join(beside, name, 'mongodb-crud-tests'));
  const { MONGODB_CRUD_TESTS: named } = process.env;
  return [...(named ? [named] : []), ...places].find((place) => existsSync(join(place, 'find.json')));
}

const folder = findFolder();
const files = folder ? readdirSync(folder).filter((each) => each.endsWith('.json')) : [];
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

describe.skipIf(folder === undefined)("MongoDB's own CRUD tests", () => {
  it('are all here', ({ expect }) => expect(files.length).toBeGreaterThan(150));
});

for (const name of files) {
  const file = readTestFile(join(folder as string, name));
  describe(name, () => {
    for (const test of file.tests) {
      const reason =
        unmet(file.runOnRequirements, version, 'replicaset') ??
        unmet(test.runOnRequirements, version, 'replicaset') ??
        outOfScope(name, test.description);
      it(test.description, ({ skip }) => (reason === undefined ? runTest(store.uri, file, test) : skip(reason)));
    }
  });
}
