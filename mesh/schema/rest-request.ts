// The request of a REST call as JSON, put together from path, query, body and `Idempotency-Key`.

import { randomUUID } from 'node:crypto';
import type { Violation } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import { limits } from './limits.ts';
import type { RouteMatch } from './routes.ts';
import type { FieldShape, MessageShape } from './shape.ts';

export type RestCall = {
  /** What stands behind the `?`; empty where there is nothing. */
  readonly query?: string;
  /** The body as parsed; absent where there is none. */
  readonly body?: unknown;
  /** The header `Idempotency-Key`. */
  readonly idempotencyKey?: string;
};

type Members = Record<string, unknown>;

/** Parameters of a query; more are refused. */
const parametersMax = 100;

/**
 * The JSON that `match.method.request.encodeJson` takes. A method with a request id gets the key, else the body's own,
 * else a new one, which protects from nothing. Throws INVALID_REQUEST with every parameter that fits no field.
 */
export function restRequest(match: RouteMatch, call: RestCall): Members {
  const { method, binding, variables } = match;
  const { shape } = method.request;
  const violations: Violation[] = [];
  const members = bodyOf(match, call.body, violations);
  for (const [name, text] of Object.entries(variables)) {
    const value = jsonOf(shape.byName.get(name)!, text);
    if (members[name] !== undefined && members[name] !== value)
      violations.push({ field: name, description: 'is another in the path' });
    members[name] = value;
  }
  readQuery(shape, call.query ?? '', members, violations);
  if (violations.length > 0) throw refuse('INVALID_REQUEST', { violations: violations.slice(0, limits.violations) });
  if (method.requestId !== '' && binding.verb !== 'GET')
    members[method.requestId] = call.idempotencyKey || members[method.requestId] || randomUUID();
  return members;
}

function bodyOf({ binding }: RouteMatch, body: unknown, violations: Violation[]): Members {
  if (body === undefined) return {};
  if (binding.body === '') violations.push({ field: '', description: 'takes no body' });
  else if (binding.body !== '*') return { [binding.body]: body };
  else if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  else violations.push({ field: '', description: 'is not an object' });
  return {};
}

function readQuery(shape: MessageShape, query: string, members: Members, violations: Violation[]): void {
  let count = 0;
  for (const [name, text] of new URLSearchParams(query)) {
    if (++count > parametersMax) {
      violations.push({ field: '', description: `has more than ${parametersMax} parameters` });
      return;
    }
    const wrong = putParameter(shape, name, text, members);
    if (wrong !== '') violations.push({ field: name.slice(0, 100), description: wrong });
  }
}

/** Puts one parameter, such as `near.name=x`, where it belongs; says what is wrong with it, if anything. */
function putParameter(shape: MessageShape, name: string, text: string, members: Members): string {
  const steps = name.split('.');
  const last = steps.pop()!;
  let inside = shape;
  let target = members;
  for (const step of steps) {
    const field = inside.byName.get(step);
    if (!field?.message || field.list || field.map || field.message.special !== 'none') return 'is unknown';
    const inner = target[step] ?? {};
    if (typeof inner !== 'object' || Array.isArray(inner)) return 'is given twice';
    target[step] = inner;
    target = inner as Members;
    inside = field.message;
  }
  const field = inside.byName.get(last);
  if (
    !field ||
    field.map ||
    (field.message && (field.message.special === 'none' || /^(struct|value|list)$/.test(field.message.special)))
  ) {
    return 'is unknown';
  }
  const value = jsonOf(field, text);
  if (field.list) target[last] = [...((target[last] as unknown[] | undefined) ?? []), value];
  else if (target[last] !== undefined) return 'is given twice';
  else target[last] = value;
  return '';
}

/** The text as its field has it in JSON; what is none is left for the codec to refuse, with its path. */
function jsonOf(field: FieldShape, text: string): unknown {
  if (field.message?.special === 'wrapper') return jsonOf(field.message.fields[0]!, text);
  if (field.type === 'string' || field.type === 'bytes' || field.type === 'enum' || field.type === 'message')
    return text;
  if (field.type === 'bool') return text === 'true' ? true : text === 'false' ? false : text;
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
}
