// Whether a caller may make a call, by the rule in its proto: kinds and roles. What is not allowed is refused.

import type { CircuitError } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import type { MethodSchema } from '../schema/api.ts';
import type { Caller } from '../service/caller.ts';

export type CallRule = Pick<MethodSchema, 'callers' | 'roles'>;

/**
 * What speaks against the call: NOT_SIGNED_IN, CALLER_NOT_ALLOWED, ROLE_REQUIRED, TOKEN_EXPIRED; undefined when nothing
 * does. `now` is in milliseconds since 1970: credentials end also between two calls of one connection.
 */
export function objectionTo(rule: CallRule, caller: Caller, now: number): CircuitError | undefined {
  const anyone = rule.callers.includes('anyone');
  if ('expiresAtMs' in caller && caller.expiresAtMs <= now && !anyone) return refuse('TOKEN_EXPIRED');
  if (!anyone && !rule.callers.includes(caller.kind)) {
    return refuse(caller.kind === 'anyone' ? 'NOT_SIGNED_IN' : 'CALLER_NOT_ALLOWED');
  }
  // Roles are a user's: a domain server or a process of the mesh is named by its kind.
  if (rule.roles.length === 0 || caller.kind !== 'user') return undefined;
  return rule.roles.some((role) => caller.roles.includes(role)) ? undefined : refuse('ROLE_REQUIRED');
}
