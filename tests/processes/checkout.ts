// A checkout as a fresh clone has it: the sources alone, nothing built. The packages are those of this checkout.

import { copyFile, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../cli/process/version.ts';

/** What is made, not written. */
const made = /^(node_modules|gen|dist.*|\.git|\.circuit|\.tmp)$/;
const stamps = '.circuit';

export type Checkout = { readonly path: string; remove(): Promise<void> };

export async function freshCheckout(): Promise<Checkout> {
  const path = await mkdtemp(join(tmpdir(), 'circuit-clone-'));
  const written = (await readdir(packageRoot)).filter((name) => !made.test(name));
  const bare = (source: string) => !/\/(\.venv|stubs)$/.test(source);
  await Promise.all(
    written.map((name) => cp(join(packageRoot, name), join(path, name), { recursive: true, filter: bare })),
  );
  await linkPackages(join(packageRoot, 'node_modules'), join(path, 'node_modules'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Not the folder itself: what says what is built lies in it, and is each checkout's own. */
async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(join(to, stamps), { recursive: true });
  const packages = (await readdir(from)).filter((name) => name !== stamps);
  await Promise.all(packages.map((name) => symlink(join(from, name), join(to, name))));
  await copyFile(join(from, stamps, 'packages'), join(to, stamps, 'packages'));
}
