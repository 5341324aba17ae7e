// Every overlay as kustomize renders it, alone and with each component beside its own.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultsOf, type Manifest } from './manifest.ts';
import { components, componentsOf, overlays, render, renderer } from './render.ts';

type Probe = { readonly grpc?: unknown; readonly httpGet?: unknown };
type Volume = { readonly secret?: { readonly secretName: string }; readonly configMap?: { readonly name: string } };
type Container = {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
};
type Pod = {
  readonly serviceAccountName: string;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
};
type Labels = Readonly<Record<string, string>>;
type Template = { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
type Namespaced = Manifest & { readonly metadata: { readonly namespace?: string } };

const ownProcesses = ['chat', 'edge'];
const templateOf = ({ spec }: Manifest): Template | undefined =>
  (spec as { template?: Template } | undefined)?.template;
const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** Each overlay as it is, with each component that it has not got, and with all of these. */
const cases = overlays.flatMap((overlay) => {
  const own = componentsOf(overlay);
  const others = components.filter((name) => !own.includes(name));
  const together = others.length > 1 ? [others] : [];
  return [[], ...others.map((name) => [name]), ...together].map((added) => [overlay, added] as const);
});

describe.skipIf(renderer === undefined)('an overlay, rendered by kustomize', () => {
  it.each(cases)('%s with %j is whole', (overlay, added) => {
    const rendered = render(overlay, added);
    const faults = rendered.flatMap((each) => faultsOf(each).map((fault) => `${nameOf(each)}: ${fault}`));
    expect(faults).toEqual([]);
    expect(new Set(rendered.map(nameOf)).size).toBe(rendered.length);
    expect(strayIn(rendered)).toEqual([]);
    expect(missingIn(rendered)).toEqual([]);
    if ([...componentsOf(overlay), ...added].includes('tls')) expectTls(rendered);
  });

  it('speaks mutual TLS in production', () => {
    expect(componentsOf('prod')).toContain('tls');
  });

  it('brings all its secrets where it is tried, and no key that is in the repository', () => {
    const rendered = render('dev', []);
    const made = rendered.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name);
    const read = rendered
      .flatMap((each) => templateOf(each)?.spec.volumes ?? [])
      .map(({ secret }) => secret?.secretName);
    expect(new Set(read.filter((name) => name !== undefined))).toEqual(new Set(made));
    expect(execFileSync('git', ['ls-files', 'k8s/overlays/dev/secrets'], { encoding: 'utf8' })).toBe('');
    expect(keysAskedFor(rendered)).toEqual([]);
  });
});

/** What is in another namespace than all of it. */
function strayIn(rendered: readonly Manifest[]): readonly string[] {
  const home = rendered.find(({ kind }) => kind === 'Namespace')?.metadata.name;
  return rendered
    .filter((each) => each.kind !== 'Namespace' && (each as Namespaced).metadata.namespace !== home)
    .map(nameOf);
}

/** What is named and not there; secrets that a person makes have to stand in the manual. */
function missingIn(rendered: readonly Manifest[]): readonly string[] {
  const there = new Set(rendered.map(nameOf));
  const certificates = rendered.filter(({ kind }) => kind === 'Certificate').map(({ spec }) => spec?.secretName);
  const manual = readFileSync('docs/kubernetes.md', 'utf8');
  const templates = rendered.map(templateOf).filter((template) => template !== undefined);
  const missing: string[] = [];
  const demand = (name: string) => there.has(name) || missing.push(name);
  for (const { spec: pod } of templates) {
    demand(`ServiceAccount ${pod.serviceAccountName}`);
    for (const { envFrom = [] } of pod.containers) {
      for (const { configMapRef } of envFrom) if (configMapRef !== undefined) demand(`ConfigMap ${configMapRef.name}`);
    }
    for (const { configMap, secret } of pod.volumes ?? []) {
      if (configMap !== undefined) demand(`ConfigMap ${configMap.name}`);
      if (secret === undefined || certificates.includes(secret.secretName)) continue;
      if (there.has(`Secret ${secret.secretName}`)) continue;
      if (!manual.includes(`\`${secret.secretName}\``)) missing.push(`Secret ${secret.secretName}`);
    }
  }
  for (const each of rendered) missing.push(...aimless(each, templates, demand));
  return missing;
}

/** Files of secrets that a process is told to read, and that the secret which it has does not hold. */
function keysAskedFor(rendered: readonly Manifest[]): readonly string[] {
  const keysOf = new Map(
    rendered
      .filter(({ kind }) => kind === 'Secret')
      .map((each) => [each.metadata.name, Object.keys((each as unknown as { data: object }).data)]),
  );
  return rendered.flatMap((each) => {
    const pod = templateOf(each)?.spec;
    const keys = pod?.volumes?.flatMap(({ secret }) => keysOf.get(secret?.secretName ?? '') ?? []) ?? [];
    const paths = pod?.containers.flatMap(({ env = [] }) => env.map(({ value = '' }) => value)) ?? [];
    const asked = paths.filter((path) => path.startsWith('/secrets/')).map((path) => path.slice('/secrets/'.length));
    return asked.filter((key) => !keys.includes(key)).map((key) => `${nameOf(each)}: ${key}`);
  });
}

/** Selectors that select no pod, and scalers of nothing. */
function aimless(each: Manifest, templates: readonly Template[], demand: (name: string) => unknown): readonly string[] {
  const spec = (each.spec ?? {}) as {
    readonly selector?: { readonly matchLabels?: Labels } & Labels;
    readonly podSelector?: { readonly matchLabels?: Labels };
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  };
  if (spec.scaleTargetRef !== undefined) demand(`${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`);
  const selector =
    spec.podSelector?.matchLabels ?? spec.selector?.matchLabels ?? (each.kind === 'Service' ? spec.selector : {});
  const wanted = Object.entries((selector ?? {}) as Labels);
  const found = templates.some(({ metadata }) => wanted.every(([name, value]) => metadata.labels[name] === value));
  return found ? [] : [`the pods of ${nameOf(each)}`];
}

/** Each process shows a certificate that is made, and no token; nothing is asked of its gRPC port without one. */
function expectTls(rendered: readonly Manifest[]): void {
  const namespace = rendered.find(({ kind }) => kind === 'Namespace')?.metadata.name;
  const certificates = rendered.filter(({ kind }) => kind === 'Certificate');
  for (const name of ownProcesses) {
    const { spec: pod } = templateOf(
      rendered.find((each) => nameOf(each) === `Deployment ${name}`) as Manifest,
    ) as Template;
    const [container] = pod.containers as [Container];
    const settings = container.env?.map((each) => each.name) ?? [];
    expect(settings).toEqual(
      expect.arrayContaining(['CIRCUIT_TLS_CERT_FILE', 'CIRCUIT_TLS_KEY_FILE', 'CIRCUIT_TLS_CA_FILE']),
    );
    expect(settings).not.toContain('CIRCUIT_SERVICE_TOKEN_FILE');
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(Object.keys(probe ?? {})).not.toContain('grpc');
      expect(probe).toHaveProperty('httpGet');
    }
    const secret = certificates.find(({ metadata }) => metadata.name === name)?.spec?.secretName;
    expect(pod.volumes?.map((volume) => volume.secret?.secretName)).toContain(secret);
  }
  const names = certificates.find(({ metadata }) => metadata.name === 'chat')?.spec?.dnsNames;
  expect(names).toEqual(['chat', `chat.${namespace}.svc`]);
}
