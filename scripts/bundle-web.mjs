// Bundles what browsers load, at the end of the build: the console into dist/web, the SDK into dist/client/browser.
// File names carry a digest of their contents, so that they may be cached for ever; index.html alone is asked for anew.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './set-up.mjs';

const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome116', 'firefox125', 'safari17.4'],
  logLevel: 'warning',
};

/** Writes the console. What the compiler left in the folder is not for browsers, and goes. */
export async function bundleConsole(folder = join(root, 'dist/web')) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'assets'), { recursive: true });
  const built = await build({
    ...common,
    entryPoints: { console: join(root, 'web/main.ts'), style: join(root, 'web/styles/console.css') },
    outdir: folder,
    write: false,
  });
  const texts = {
    SCRIPT: textOf(built, 'console.js'),
    STYLE: textOf(built, 'style.css'),
    ICON: readFileSync(join(root, 'web/icon.svg'), 'utf8'),
  };
  const extensions = { SCRIPT: 'js', STYLE: 'css', ICON: 'svg' };
  let page = readFileSync(join(root, 'web/index.html'), 'utf8');
  for (const [name, text] of Object.entries(texts)) {
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
    const path = `assets/${name.toLowerCase()}-${digest}.${extensions[name]}`;
    writeFileSync(join(folder, path), text);
    page = page.replace(`%${name}%`, `/${path}`);
  }
  writeFileSync(join(folder, 'index.html'), page);
}

/** Writes the SDK as one module for pages without a bundler. */
export async function bundleClient(folder = join(root, 'dist/client/browser')) {
  await build({ ...common, entryPoints: { circuit: join(root, 'client/connect.ts') }, outdir: folder });
}

function textOf(built, name) {
  const file = built.outputFiles.find(({ path }) => path.endsWith(name));
  if (file === undefined) throw new Error(`The bundle has no ${name}.`);
  return file.text;
}

// `node scripts/bundle-web.mjs [folder]`: the console alone into a folder of its own, for tests.
const [, program, folder] = process.argv;
if (program === join(root, 'scripts/bundle-web.mjs')) {
  await bundleConsole(folder);
  if (folder === undefined) await bundleClient();
}
