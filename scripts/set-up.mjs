// What every command of this repository needs first: packages installed, code generated, TypeScript compiled.
// Depends on nothing but Node, so that it runs in a fresh clone.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const nodeFloor = [20, 19];

export async function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < nodeFloor[0] || (major === nodeFloor[0] && minor < nodeFloor[1])) {
    console.error(`Circuit Mesh needs Node ${nodeFloor.join('.')} or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  await step('packages', ['package-lock.json', '.npmrc'], 'node_modules/.bin/buf', () =>
    run('npm', ['ci', '--no-progress', '--loglevel=error']),
  );
  await build();
}

export async function build() {
  await step(
    'protocol',
    ['proto', 'buf.yaml', 'buf.gen.yaml', 'scripts/generate.mjs', 'scripts/generate', 'package-lock.json'],
    'gen',
    () => run(process.execPath, ['scripts/generate.mjs']),
  );
  const sources = [
    'tsconfig.json',
    'scripts/bundle-web.mjs',
    'gen',
    'mesh',
    'services',
    'edge',
    'embedded',
    'client',
    'web',
    'cli',
    'bench',
    'tests',
    'examples/typescript',
  ];
  await step('code', sources, 'dist', async () => {
    await run(join(root, 'node_modules/.bin/tsc'), ['-p', '.']);
    if (existsSync(join(root, 'scripts/bundle-web.mjs'))) await run(process.execPath, ['scripts/bundle-web.mjs']);
  });
}

/** Runs a step unless its inputs are as they were when it last succeeded. */
async function step(name, inputs, output, work) {
  const stamp = join(root, 'node_modules/.circuit', name);
  const digest = digestOf(inputs);
  if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const started = Date.now();
  process.stderr.write(`· ${name} …`);
  await work();
  mkdirSync(join(root, 'node_modules/.circuit'), { recursive: true });
  writeFileSync(stamp, digest);
  process.stderr.write(`\r· ${name} ready in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function digestOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) visit(join(path, name));
      return;
    }
    hash.update(path).update('\0').update(readFileSync(full)).update('\0');
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

/** Runs a command quietly; when it fails, shows what it printed and ends this process, too. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const printed = [];
    child.stdout?.on('data', (chunk) => printed.push(chunk));
    child.stderr?.on('data', (chunk) => printed.push(chunk));
    const fail = (why) => {
      const told = `${basename(command)} ${args.join(' ')} ${why}`;
      process.stderr.write(`\n${Buffer.concat(printed)}\n✗ ${told}\n`);
      process.exit(1);
    };
    child.on('error', (error) => fail(`could not be started: ${error.message}`));
    child.on('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? code}`)));
  });
}
