// `node scripts/pack.mjs <folder>`: all that a process needs at run time and nothing else, in a new folder, of which
// the image is made: the modules that `circuit` can come to import, the console, and the packages of production, with
// the edge's addon for this Node and this machine alone.

import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build as trace } from 'esbuild';
import { build, root } from './set-up.mjs';

const entry = 'dist/cli/circuit.js';

/** Packs what is built; the folder must not be there yet. */
export async function pack(folder) {
  mkdirSync(folder);
  const copy = (path, filter = () => true) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true, filter });
  };
  for (const path of ['package.json', 'gen/descriptors.binpb', 'dist/web']) copy(path);
  for (const path of await modules()) {
    copy(path);
    copy(`${path}.map`);
  }
  for (const path of packages()) copy(path, (source) => isOf(join(root, path), source) && !isForeignAddon(source));
}

/** What can be imported, at once or later, from the command. */
async function modules() {
  const { metafile } = await trace({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'traced',
    write: false,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/** Folders of the packages that the lock has for production, as `npm ci --omit=dev` would install them here. */
function packages() {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const fits = (wanted, own) => wanted === undefined || wanted.includes(own);
  return Object.entries(locked)
    .filter(([path, { dev, devOptional, os, cpu, libc }]) => {
      const isHere = fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc');
      return path !== '' && !dev && !devOptional && isHere;
    })
    .map(([path]) => path);
}

/** A package that lies within another one has a place of its own in the lock. */
function isOf(folder, path) {
  return !path.slice(folder.length).includes('/node_modules');
}

function isForeignAddon(path) {
  const { platform, arch, versions } = process;
  const name = basename(path);
  return name.startsWith('uws_') && name !== `uws_${platform}_${arch}_${versions.modules}.node`;
}

const [, program, folder] = process.argv;
if (program === join(root, 'scripts/pack.mjs')) {
  if (folder === undefined) throw new Error('node scripts/pack.mjs <folder>');
  await build();
  await pack(folder);
}
