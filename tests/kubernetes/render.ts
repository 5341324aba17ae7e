// What kustomize makes of an overlay, with components beside its own. Real kustomize, alone or in kubectl.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Manifest, parseManifests } from './manifest.ts';

const outputBytesMax = 1 << 26;

export const overlays = readdirSync('k8s/overlays').sort();
export const components = readdirSync('k8s/components').sort();

/** The command that renders; undefined where this machine has none. */
export const renderer = [
  ['kustomize', 'build'],
  ['kubectl', 'kustomize'],
].find(([program, verb]) => {
  try {
    execFileSync(program as string, [verb as string, 'k8s/overlays/dev'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}) as readonly [string, string] | undefined;

/** The components that an overlay has of its own. */
export function componentsOf(overlay: string): readonly string[] {
  return kustomizationOf('k8s', overlay).components.map((path) => basename(path));
}

/** An overlay as it is applied, with these components named in it too. Throws what kustomize has against it. */
export function render(overlay: string, added: readonly string[]): readonly Manifest[] {
  if (renderer === undefined) throw new Error('there is neither kustomize nor kubectl');
  const folder = mkdtempSync(join(tmpdir(), 'circuit-overlay-'));
  try {
    cpSync('k8s', folder, { recursive: true });
    const kustomization = kustomizationOf(folder, overlay);
    kustomization.components.push(...added.map((name) => `../../components/${name}`));
    writeFileSync(fileOf(folder, overlay), stringify(kustomization));
    const [program, verb] = renderer;
    const path = join(folder, 'overlays', overlay);
    return parseManifests(execFileSync(program, [verb, path], { encoding: 'utf8', maxBuffer: outputBytesMax }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kustomizationOf(root: string, overlay: string): { components: string[] } {
  return parse(readFileSync(fileOf(root, overlay), 'utf8')) as { components: string[] };
}

function fileOf(root: string, overlay: string): string {
  return join(root, 'overlays', overlay, 'kustomization.yaml');
}
