// `npm run demo`: two people and a domain server talk through a running mesh, and it shows what happened and when.
// Uses the mesh of `npm start` if one runs, else starts one of its own and ends it.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, setUp } from './set-up.mjs';

await setUp();
const { runningMesh } = await import('../dist/cli/up/claim.js');
const { demo } = await import('../dist/examples/typescript/demo.js');

const dataDir = process.env.CIRCUIT_DATA || join(root, '.circuit');
const running = await runningMesh(dataDir);
const mesh = running?.ready ? { ...running, dataDir, end: async () => {} } : await startMesh();
try {
  await demo({ url: mesh.url, grpc: mesh.grpc, dataDir: mesh.dataDir });
} finally {
  await mesh.end();
}

/** A mesh for this demo alone, on a data folder that goes away with it. */
async function startMesh() {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-demo-'));
  process.stderr.write('· no mesh runs here: starting one for the demo …\n');
  const environment = { ...process.env, CIRCUIT_DATA: folder, CIRCUIT_PORT: '0' };
  const script = join(root, 'dist/cli/circuit.js');
  const up = spawn(process.execPath, [script, 'up'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => up.once('close', resolve));
  const ready = new Promise((resolve) => {
    createInterface({ input: up.stdout }).on('line', (line) => line.includes('ready in') && resolve(true));
  });
  if (!(await Promise.race([ready, ended.then(() => false)]))) throw new Error('the mesh did not start');
  const state = await runningMesh(folder);
  const end = async () => {
    up.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { ...state, dataDir: folder, end };
}
