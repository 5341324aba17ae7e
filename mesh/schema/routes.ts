// REST: which RPC a verb and path call, compiled from the `google.api.http` rules of the whole API.
// A literal segment wins over a variable; what matches but for its verb is told with the verbs that it has.

import { refuse } from '../errors/refuse.ts';
import type { Api, HttpBinding, MethodSchema } from './api.ts';

export type Route = { readonly method: MethodSchema; readonly binding: HttpBinding };

export type RouteMatch = Route & {
  /** The path's variables by field name, percent-decoded. */
  readonly variables: Readonly<Record<string, string>>;
};

export type Routes = {
  /**
   * The route of a verb (upper case) and a path (without its query). `undefined` where the path is none of the API's.
   * Throws METHOD_NOT_ALLOWED with `metadata.allow` (as in the header `Allow`), and INVALID_REQUEST for a path that is
   * not valid percent-encoding.
   */
  match(verb: string, path: string): RouteMatch | undefined;
};

type Node = {
  readonly literals: Map<string, Node>;
  variable?: Node;
  /** By custom verb (`:cancel`), empty where there is none, then by HTTP verb. */
  readonly ends: Map<string, Map<string, End>>;
};

type End = Route & { readonly names: readonly string[] };

/** No path of the API comes near it; longer ones are not looked at. */
const segmentsMax = 32;

export function compileRoutes(api: Api): Routes {
  const root = newNode();
  for (const method of api.methods.values()) for (const binding of method.http) addRoute(root, { method, binding });
  return {
    match(verb, path) {
      const segments = path.split('/', segmentsMax + 2).slice(1);
      if (!path.startsWith('/') || segments.length > segmentsMax) return undefined;
      const allowed = new Set<string>();
      const found = search(root, { verb, segments, allowed }, 0, []);
      if (found) return found;
      if (allowed.size === 0) return undefined;
      throw refuse('METHOD_NOT_ALLOWED', { metadata: { allow: [...allowed].sort().join(', ') } });
    },
  };
}

function addRoute(root: Node, route: Route): void {
  const { path, verb } = route.binding;
  const [plain = '', custom = ''] = path.split(/:(?=[^/{}:]*$)/);
  const names: string[] = [];
  let node = root;
  for (const segment of plain.split('/').slice(1)) {
    const variable = /^\{(.*)\}$/.exec(segment)?.[1];
    if (variable !== undefined) {
      names.push(variable);
      node.variable ??= newNode();
      node = node.variable;
    } else {
      const next = node.literals.get(segment) ?? newNode();
      node.literals.set(segment, next);
      node = next;
    }
  }
  const ends = node.ends.get(custom) ?? new Map<string, End>();
  ends.set(verb, { ...route, names });
  node.ends.set(custom, ends);
}

type Search = { readonly verb: string; readonly segments: readonly string[]; readonly allowed: Set<string> };

function search(node: Node, asked: Search, at: number, values: readonly string[]): RouteMatch | undefined {
  const segment = asked.segments[at]!;
  if (at === asked.segments.length - 1) return searchLast(node, asked, segment, values);
  const literal = node.literals.get(segment);
  const found = literal && search(literal, asked, at + 1, values);
  if (found || !node.variable || segment === '') return found;
  return search(node.variable, asked, at + 1, [...values, segment]);
}

/** The last segment may end in a custom verb; an id with a colon in it (a topic) may not be taken for one. */
function searchLast(node: Node, asked: Search, segment: string, values: readonly string[]): RouteMatch | undefined {
  const colon = segment.lastIndexOf(':');
  const [name, custom] = colon < 0 ? [segment, ''] : [segment.slice(0, colon), segment.slice(colon + 1)];
  const literal = node.literals.get(segment);
  const found =
    (literal && endOf(literal, asked, '', values)) ?? verbOf(node.literals.get(name), asked, custom, values);
  if (found || !node.variable || segment === '') return found;
  const withVerb = name === '' ? undefined : verbOf(node.variable, asked, custom, [...values, name]);
  return withVerb ?? endOf(node.variable, asked, '', [...values, segment]);
}

function verbOf(
  node: Node | undefined,
  asked: Search,
  custom: string,
  values: readonly string[],
): RouteMatch | undefined {
  return node && custom !== '' ? endOf(node, asked, custom, values) : undefined;
}

function endOf(
  node: Node,
  { verb, allowed }: Search,
  custom: string,
  values: readonly string[],
): RouteMatch | undefined {
  const ends = node.ends.get(custom);
  const end = ends?.get(verb);
  if (!end) {
    for (const other of ends?.keys() ?? []) allowed.add(other);
    return undefined;
  }
  const variables = Object.fromEntries(end.names.map((name, i) => [name, decoded(name, values[i]!)]));
  return { method: end.method, binding: end.binding, variables };
}

function decoded(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('INVALID_REQUEST', { violations: [{ field, description: 'is not valid percent-encoding' }] });
  }
}

function newNode(): Node {
  return { literals: new Map(), ends: new Map() };
}
