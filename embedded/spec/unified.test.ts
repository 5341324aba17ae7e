import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { version } from '../commands/handshake.ts';
import { openStore, type Store } from '../store.ts';
import { outOfScope, outOfScopeReasons } from './out-of-scope.ts';
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

  it('are held to, but for those left out with a reason, and no reason is left over', ({ expect }) => {
    const counted = [...leftOut].sort(([, a], [, b]) => b - a);
    console.log(counted.map(([reason, count]) => `${count} not held to: ${reason}`).join('\n'));
    expect(outOfScopeReasons.filter((reason) => !leftOut.has(reason))).toEqual([]);
  });
});

// What is not held to a test says why; it is no test that was skipped, so it is counted apart.
const leftOut = new Map<string, number>();

for (const name of files) {
  const file = readTestFile(join(folder as string, name));
  const held = file.tests.filter((test) => {
    const reason =
      unmet(file.runOnRequirements, version, 'replicaset') ??
      unmet(test.runOnRequirements, version, 'replicaset') ??
      outOfScope(name, test.description);
    if (reason !== undefined) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  if (held.length === 0) continue;
  describe(name, () => {
    for (const test of held) it(test.description, () => runTest(store.uri, file, test));
  });
}
