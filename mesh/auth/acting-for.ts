// A domain server speaks for a user of one of its accounts, by two metadata keys beside its own token.

import { refuse } from '../errors/refuse.ts';
import type { Caller, UserCaller } from '../service/caller.ts';

/** gRPC metadata in which a domain server names the user it acts for, and that user's account. */
export const actForMetadata = 'circuit-act-for';
export const accountMetadata = 'circuit-account';

export type ActingFor = { readonly userKey: string; readonly accountKey: string };

const idShape = /^[0-9]{12}$/;

/**
 * The user, as this domain server may present them: without roles, and without a name (services know their users).
 * Throws CALLER_NOT_ALLOWED unless a domain server asks, INVALID_REQUEST for keys that are none, and
 * ACCOUNT_NOT_ALLOWED for an account that it does not serve.
 */
export function actFor(caller: Caller, user: ActingFor): UserCaller {
  if (caller.kind !== 'domain_server') throw refuse('CALLER_NOT_ALLOWED');
  const violations = [
    { field: actForMetadata, value: user.userKey },
    { field: accountMetadata, value: user.accountKey },
  ]
    .filter(({ value }) => !idShape.test(value))
    .map(({ field }) => ({ field, description: 'must be 12 digits' }));
  if (violations.length > 0) throw refuse('INVALID_REQUEST', { violations });
  if (!caller.accountKeys.includes(user.accountKey)) throw refuse('ACCOUNT_NOT_ALLOWED');
  return {
    kind: 'user',
    key: user.userKey,
    accountKey: user.accountKey,
    displayName: '',
    avatarUrl: '',
    roles: [],
    sessionId: `${caller.key}:${user.userKey}`,
    issuedAtMs: 0,
    expiresAtMs: caller.expiresAtMs,
    actingFor: caller.key,
  };
}
