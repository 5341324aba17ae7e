import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

const run = promisify(execFile);
const message = 'proto/circuit/chat/v1/message.proto';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaking-'));
  await cp(join(root, 'proto'), join(folder, 'proto'), { recursive: true });
  await cp(join(root, 'buf.yaml'), join(folder, 'buf.yaml'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Compares with the last release, as `npm run lint` does, after a change to a message. */
async function compareWith(change: (text: string) => string): Promise<void> {
  const text = await readFile(join(root, message), 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(join(folder, message), changed);
  const arguments_ = ['breaking', 'proto', '--against', join(folder, 'proto/released.binpb')];
  await run(join(root, 'node_modules/.bin/buf'), arguments_, { cwd: folder });
}

describe('the API', () => {
  it('may grow', async () => {
    await compareWith((text) => `${text}\n// New.\nmessage Novelty {\n  // What.\n  string what = 1;\n}\n`);
  });

  it('may not take back what was released', async () => {
    const taken = compareWith((text) => text.replace(/^ {2}string message_id = 1.*$/m, ''));
    await expect(taken).rejects.toMatchObject({ code: 100, stdout: expect.stringContaining('field "1"') });
    const renumbered = compareWith((text) => text.replace(/^( {2}string message_id =) 1/m, '$1 999'));
    await expect(renumbered).rejects.toMatchObject({ code: 100, stdout: expect.stringContaining('message_id') });
  });
});
