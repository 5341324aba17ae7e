// Reads manifests and says what is wrong with them by the Kubernetes schemas, misspelt fields among it.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec?: Record<string, unknown>;
};

type Check = (data: unknown) => string | undefined;
type Model = new (data: unknown) => { validate(): void };

const require = createRequire(import.meta.url);
const ours = new Set(['kustomize.config.k8s.io']);
/** Where the models of operators' kinds are. */
const operators: Readonly<Record<string, string>> = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/** Kinds whose models ask for a newer Node than the oldest of ours: only the rules of this house are asked of them. */
const withoutModels = new Set(['gateway.networking.k8s.io']);

export function manifestsIn(folder: string): Manifest[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return files
    .sort()
    .flatMap((file) => parseManifests(readFileSync(join(folder, file), 'utf8')))
    .filter((manifest) => !ours.has(groupOf(manifest)));
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

/** What the schema of its kind says against it; a field that the schema does not know is a fault. */
export function faultsOf(manifest: Manifest): string[] {
  if (withoutModels.has(groupOf(manifest))) return [];
  const check = checkOf(manifest);
  const fault = check(manifest);
  return fault === undefined ? unknownFields(manifest, check) : [fault];
}

function groupOf(manifest: Manifest): string {
  return manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/')[0]! : '';
}

/** The model's own check; what it says against a manifest, or nothing. */
function checkOf(manifest: Manifest): Check {
  const { apiVersion, kind } = manifest;
  const from = operators[groupOf(manifest)] ?? 'kubernetes-models';
  const models = require(`${from}/${apiVersion}/${kind}`) as Record<string, Model>;
  const Kind = models[kind]!;
  return (data) => {
    try {
      new Kind(data).validate();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
}

/**
 * The schemas let unknown fields pass. But they refuse a value of an impossible type in a field that they know,
 * so a field that takes anything is one that they do not know.
 */
function unknownFields(manifest: Manifest, check: Check): string[] {
  const impossible = Symbol('no JSON value');
  const unknown: string[] = [];
  const visit = (holder: Record<string, unknown>, path: string): void => {
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      holder[key] = impossible;
      if (check(manifest) === undefined) unknown.push(`${path}/${key} is not a field of ${manifest.kind}`);
      holder[key] = value;
      if (typeof value === 'object' && value !== null) visit(value as Record<string, unknown>, `${path}/${key}`);
    }
  };
  visit(manifest as unknown as Record<string, unknown>, '');
  return unknown;
}
