// The manifests against the Kubernetes schemas and against the rules of this house.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../mesh/config/settings.ts';
import { identityOf } from '../../mesh/tls/identity.ts';
import { faultsOf, type Manifest, manifestsIn, parseManifests } from './manifest.ts';

type Probe = { readonly grpc?: unknown; readonly httpGet?: unknown };
type Container = {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Record<string, unknown>;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
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
});

it('data that is known by name has its name before it is ready, since it must find itself to become so', () => {
  const services = all.filter(({ kind }) => kind === 'Service');
  const named = all.filter(({ kind }) => kind === 'StatefulSet').map(({ spec }) => spec?.serviceName);
  expect(named).toContain('mongodb');
  for (const name of named) {
    const { spec } = services.find(({ metadata }) => metadata.name === name) as Manifest;
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  }
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

  it.each(named(ownProcesses))('%s has started when it answers, whatever it waits for', (_, manifest) => {
    for (const { startupProbe, livenessProbe } of podOf(manifest).containers) {
      const [started, alive] = [startupProbe, livenessProbe].map(({ grpc, httpGet } = {}) => ({ grpc, httpGet }));
      expect(started).toEqual(alive);
    }
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
  const isShown = ({ spec }: Manifest): boolean => spec?.isCA !== true;

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
    const kinds = certificates.filter(isShown).map(({ spec }) => {
      const names = ((spec?.uris ?? []) as string[]).map((uri) => `URI:${uri}`).join(', ');
      return identityOf({ subjectaltname: names, valid_to: '' });
    });
    expect(kinds).toEqual([
      { kind: 'edge', key: 'edge' },
      { kind: 'system', key: 'chat' },
    ]);
  });

  it('has an authority that signs them, and is signed by nobody else', () => {
    type Issuer = { readonly ca?: { readonly secretName: string }; readonly selfSigned?: object };
    const issuers = new Map(
      all.filter(({ kind }) => kind === 'Issuer').map(({ metadata, spec }) => [metadata.name, spec as Issuer]),
    );
    const issuerOf = ({ spec }: Manifest) => issuers.get((spec!.issuerRef as { name: string }).name);
    const [authority, ...more] = certificates.filter((each) => !isShown(each));
    expect(more).toEqual([]);
    expect(issuerOf(authority!)).toEqual({ selfSigned: {} });
    for (const each of certificates.filter(isShown)) {
      expect(issuerOf(each)).toEqual({ ca: { secretName: authority?.spec?.secretName } });
    }
  });
});

describe('the component for the gateway', () => {
  type Backend = { readonly name: string; readonly port: number };
  type Rule = {
    readonly matches?: readonly { readonly path: { readonly type: string; readonly value: string } }[];
    readonly timeouts?: { readonly request: string };
    readonly backendRefs: readonly Backend[];
  };
  const [route] = all.filter(({ kind }) => kind === 'HTTPRoute');
  const rules = (route!.spec as { rules: Rule[] }).rules;
  type Ports = { readonly ports: readonly { readonly port: number }[] };

  it('leads everything to a port that the edge has', () => {
    const service = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'edge');
    const [port] = (service!.spec as Ports).ports;
    for (const { backendRefs } of rules) expect(backendRefs).toEqual([{ name: 'edge', port: port?.port }]);
    expect(rules.at(-1)?.matches).toBeUndefined();
  });

  it('cuts no socket off', () => {
    const [sockets] = rules;
    expect(sockets?.matches).toEqual([{ path: { type: 'Exact', value: '/ws' } }]);
    expect(sockets?.timeouts).toEqual({ request: '0s' });
  });
});
