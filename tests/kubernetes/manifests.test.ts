// The manifests against the Kubernetes schemas and against the rules of this house.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../mesh/config/settings.ts';
import { identityOf } from '../../mesh/tls/identity.ts';
import { faultsOf, type Manifest, manifestsIn, parseManifests } from './manifest.ts';

type Container = {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Record<string, unknown>;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly startupProbe?: unknown;
  readonly readinessProbe?: unknown;
  readonly livenessProbe?: unknown;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
};
type Pod = {
  readonly containers: readonly Container[];
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Record<string, unknown>;
  readonly terminationGracePeriodSeconds: number;
};

const all = manifestsIn('k8s');
const runsPods = new Set(['Deployment', 'StatefulSet', 'Job']);
const workloads = all.filter(({ kind }) => runsPods.has(kind));
const servers = workloads.filter(({ kind }) => kind !== 'Job');
const ownProcesses = all.filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name !== 'redis');
const podOf = (manifest: Manifest): Pod => (manifest.spec as { template: { spec: Pod } }).template.spec;
const named = (manifests: readonly Manifest[]) =>
  manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const);

describe('every manifest', () => {
  it.each(named(all))('%s fits its schema and has no field that the schema lacks', (_, manifest) => {
    expect(faultsOf(manifest)).toEqual([]);
  });

  it('would be refused for a misspelt field, however deep', () => {
    const [deployment] = structuredClone(ownProcesses);
    Object.assign(podOf(deployment!).containers[0]!.securityContext, { readOnlyRootFileSystem: true });
    expect(faultsOf(deployment!)).toEqual([expect.stringContaining('readOnlyRootFileSystem is not a field')]);
  });

  it.each(['Certificate', 'PodMonitor', 'PrometheusRule'])('would be refused as %s for one, too', (kind) => {
    const manifest = structuredClone(all.find((each) => each.kind === kind))!;
    Object.assign(manifest.spec!, { misspelt: 1 });
    expect(faultsOf(manifest)).toEqual([`/spec/misspelt is not a field of ${kind}`]);
  });
});

describe('every pod', () => {
  it.each(named(workloads))('%s runs without rights, and says what it needs', (_, manifest) => {
    const pod = podOf(manifest);
    expect(pod.serviceAccountName).toBe(manifest.metadata.name);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
      expect(container.resources.limits).not.toHaveProperty('cpu');
    }
  });

  it.each(named(servers))('%s is probed', (_, manifest) => {
    for (const container of podOf(manifest).containers) {
      expect(container).toMatchObject({
        startupProbe: expect.anything(),
        readinessProbe: expect.anything(),
        livenessProbe: expect.anything(),
      });
    }
  });

  it.each(named(servers.filter(({ metadata }) => metadata.name !== 'mongodb')))(
    '%s has network rules of its own',
    (_, manifest) => {
      const policies = all.filter(({ kind }) => kind === 'NetworkPolicy').map(({ metadata }) => metadata.name);
      expect(policies).toContain(manifest.metadata.name);
    },
  );
});

describe('our own processes', () => {
  it.each(named(ownProcesses))('%s has time to drain before it is killed', (_, manifest) => {
    const pod = podOf(manifest);
    const [container] = pod.containers;
    const drain = container!.env?.find(({ name }) => name === 'CIRCUIT_DRAIN')?.value ?? '';
    const drainSeconds = settings.drainMs.parse(drain) / 1_000;
    const preStopSeconds = container!.lifecycle!.preStop.sleep.seconds;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStopSeconds + drainSeconds + 5);
  });

  it.each(named(ownProcesses))('%s is given only settings that exist', (_, manifest) => {
    const known = Object.values(settings).map(({ name }) => name as string);
    const given = podOf(manifest).containers.flatMap(({ env = [] }) => env.map(({ name }) => name));
    const ours = given.filter((name) => /^(CIRCUIT_|MONGODB_URI|REDIS_URL)/.test(name));
    expect(ours.filter((name) => !known.includes(name) && !known.includes(name.replace(/_FILE$/, '')))).toEqual([]);
  });

  it.each(named(ownProcesses))('%s is not emptied by an eviction', (_, manifest) => {
    const budgets = all.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name)).toContain(manifest.metadata.name);
  });
});

describe('the component for TLS', () => {
  type Patch = { readonly target: { readonly name: string }; readonly patch: string };
  const { patches } = parse(readFileSync('k8s/components/tls/kustomization.yaml', 'utf8')) as { patches: Patch[] };
  const certificates = all.filter(({ kind }) => kind === 'Certificate');

  it.each(patches.map((each) => [each.target.name, each] as const))(
    'fits the deployment of the %s',
    (name, { patch }) => {
      const [manifest] = parseManifests(patch);
      const base = ownProcesses.find(({ metadata }) => metadata.name === name);
      const [patched, original] = [manifest!, base!].map((each) => podOf(each).containers[0]);
      expect(patched!.name).toBe(original!.name);
      const known = Object.values(settings).map((setting) => setting.name as string);
      for (const { name: setting } of patched!.env ?? []) expect(known).toContain(setting);
      const { volumes } = podOf(manifest!) as unknown as { volumes: { secret: { secretName: string } }[] };
      const secret = certificates.find(({ metadata }) => metadata.name === name)?.spec?.secretName;
      expect(volumes.map((volume) => volume.secret.secretName)).toEqual([secret]);
    },
  );

  it('has certificates whose names processes are known by', () => {
    const kinds = certificates.map(({ spec }) => {
      const names = ((spec?.uris ?? []) as string[]).map((uri) => `URI:${uri}`).join(', ');
      return identityOf({ subjectaltname: names, valid_to: '' });
    });
    expect(kinds).toEqual([
      { kind: 'edge', key: 'edge' },
      { kind: 'system', key: 'chat' },
    ]);
  });
});
