// What kustomize makes of an overlay, with components beside its own. Real kustomize, alone or in kubectl.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Manifest, parseManifests } from './manifest.ts';

type Kustomization = {
  readonly components: string[];
  readonly secretGenerator?: readonly { readonly files?: readonly string[] }[];
};

const outputBytesMax = 1 << 26;

export const overlays = readdirSync('k8s/overlays').sort();
export const components = readdirSync('k8s/components').sort();

/** The command that renders; undefined where this machine has none. */
export const renderer = [
  ['kustomize', 'build'],
  ['kubectl', 'kustomize'],
].find(([program, verb]) => {
  try {
    execFileSync(program as string, [verb as string, 'k8s/base'], { stdio: 'ignore' });
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
    const path = join(folder, 'overlays', overlay);
    for (const { files = [] } of kustomization.secretGenerator ?? []) for (const file of files) putSecret(path, file);
    const [program, verb] = renderer;
    return parseManifests(execFileSync(program, [verb, path], { encoding: 'utf8', maxBuffer: outputBytesMax }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a person makes by the manual, and nobody commits. */
function putSecret(overlay: string, file: string): void {
  mkdirSync(join(overlay, dirname(file)), { recursive: true });
  writeFileSync(join(overlay, file), 'a secret of this test');
}

function kustomizationOf(root: string, overlay: string): Kustomization {
  return parse(readFileSync(fileOf(root, overlay), 'utf8')) as Kustomization;
}

function fileOf(root: string, overlay: string): string {
  return join(root, 'overlays', overlay, 'kustomization.yaml');
}
