// Who may talk to whom: what one side may call, the other side lets in, and nobody has a way that nobody uses.

import { describe, expect, it } from 'vitest';
import { type Manifest, manifestsIn } from './manifest.ts';

type Labels = Readonly<Record<string, string>>;
type Selector = {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
};
type Peer = {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
};
type Port = { readonly protocol: string; readonly port: number };
type Rule = { readonly from?: readonly Peer[]; readonly to?: readonly Peer[]; readonly ports: readonly Port[] };
type Policy = {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
};
type Container = { readonly ports?: readonly { readonly containerPort: number }[] };
type Template = { readonly metadata: { readonly labels: Labels }; readonly spec: { containers: Container[] } };

const all = manifestsIn('k8s');
const pods = all
  .map((manifest) => ({ name: manifest.metadata.name, template: templateOf(manifest) }))
  .filter((pod): pod is { name: string; template: Template } => pod.template !== undefined);
const policies = all
  .filter(({ kind }) => kind === 'NetworkPolicy')
  .map(({ metadata, spec }) => ({ name: metadata.name, ...(spec as unknown as Policy) }));
const both = ['Ingress', 'Egress'];

/** Ways between two of our pods, `chat → mongodb TCP 27017`, as one of the sides has them. */
const called = policies.flatMap(({ podSelector, egress = [] }) => waysOf(podSelector, egress, 'to'));
const letIn = policies.flatMap(({ podSelector, ingress = [] }) => waysOf(podSelector, ingress, 'from'));

describe('the network', () => {
  it('is closed, both ways and for all, but for what is named', () => {
    const denial = policies.find(({ name }) => name === 'deny-all');
    expect(denial).toEqual({ name: 'deny-all', podSelector: {}, policyTypes: both });
  });

  it('lets every pod find names, by UDP and TCP, and nothing else for all', () => {
    const forAll = policies.filter(({ podSelector }) => Object.keys(podSelector).length === 0);
    expect(forAll.map(({ name }) => name)).toEqual(['deny-all', 'dns']);
    const [rule, ...more] = forAll[1]?.egress ?? [];
    expect(more).toEqual([]);
    expect(rule?.ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ]);
    expect(rule?.to).toHaveLength(1);
  });

  it.each(pods.map((pod) => [pod.name, pod] as const))('has rules for %s alone, both ways', (_, { template }) => {
    const own = policies.filter(({ podSelector }) => selects(podSelector, template.metadata.labels));
    const named = own.filter(({ podSelector }) => Object.keys(podSelector).length > 0);
    expect(named.map(({ policyTypes }) => policyTypes)).toEqual([both]);
  });

  it('lets in who is sent, and sends who is let in', () => {
    expect(called).toContain('edge → chat TCP 7070');
    expect(called).toContain('chat → mongodb TCP 27017');
    expect(new Set(letIn)).toEqual(new Set(called));
  });

  it('opens no port on which nobody listens', () => {
    for (const { podSelector, ingress = [] } of policies) {
      const listening = pods
        .filter(({ template }) => selects(podSelector, template.metadata.labels))
        .flatMap(({ template }) => template.spec.containers)
        .flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
      for (const { port } of ingress.flatMap(({ ports }) => ports)) expect(listening).toContain(port);
    }
  });

  it('names a port, and somebody, in every rule', () => {
    for (const { ingress = [], egress = [] } of policies) {
      for (const { from, to, ports } of [...ingress, ...egress]) {
        expect(ports.length).toBeGreaterThan(0);
        expect((from ?? to ?? []).length).toBeGreaterThan(0);
        for (const peer of from ?? to ?? []) expect(Object.keys(peer)).not.toEqual([]);
      }
    }
  });
});

function templateOf({ spec }: Manifest): Template | undefined {
  return (spec as { template?: Template } | undefined)?.template;
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return equal && matchExpressions.every(({ key, operator, values }) => isIn(operator, values, labels[key]));
}

function isIn(operator: string, values: readonly string[], value: string | undefined): boolean {
  if (operator !== 'In') throw new Error(`${operator} is not understood here`);
  return value !== undefined && values.includes(value);
}

function waysOf(selector: Selector, rules: readonly Rule[], side: 'from' | 'to'): readonly string[] {
  const owners = named(selector);
  return rules.flatMap(({ [side]: peers = [], ports }) => {
    const inside = peers.filter(({ podSelector, namespaceSelector }) => podSelector && !namespaceSelector);
    const others = inside.flatMap(({ podSelector = {} }) => named(podSelector));
    return owners.flatMap((owner) =>
      others.flatMap((other) =>
        ports.map(({ protocol, port }) => {
          const [caller, callee] = side === 'to' ? [owner, other] : [other, owner];
          return `${caller} → ${callee} ${protocol} ${port}`;
        }),
      ),
    );
  });
}

function named(selector: Selector): readonly string[] {
  const found = pods.filter(({ template }) => selects(selector, template.metadata.labels)).map(({ name }) => name);
  if (found.length === 0) throw new Error(`nobody is selected by ${JSON.stringify(selector)}`);
  return found;
}
