// Compiles the .proto files of this folder for tests, as the build compiles those of proto/.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The descriptor set of one file here, with all that it imports. */
export async function descriptorsOf(file: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-proto-'));
  try {
    const output = join(folder, 'set.binpb');
    const config = {
      version: 'v2',
      modules: [
        { path: 'proto' },
        { path: 'node_modules/protobufjs', includes: ['node_modules/protobufjs/google/api'] },
        { path: 'mesh/schema/testdata' },
      ],
    };
    const configFile = join(folder, 'buf.yaml');
    await writeFile(configFile, JSON.stringify(config));
    await promisify(execFile)('node_modules/.bin/buf', [
      ...['build', '--config', configFile, '--path', `mesh/schema/testdata/${file}`, '-o', output],
    ]);
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
