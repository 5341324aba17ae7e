// Who calls, as handlers need to know it: a user, or the account in whose name a domain server or the mesh itself acts.

import { refuse } from '../../mesh/errors/refuse.ts';
import type { Caller, UserCaller } from '../../mesh/service/caller.ts';

/** The calling user; the RPC's caller rule has seen to it that it is one. */
export function userOf(caller: Caller): UserCaller {
  if (caller.kind !== 'user') throw refuse('CALLER_NOT_ALLOWED');
  return caller;
}

/**
 * The account that a call is about: a user's own, one that a domain server serves, any for the mesh itself.
 * A domain server of one account need not name it. Throws ACCOUNT_NOT_ALLOWED.
 */
export function accountOf(caller: Caller, named: string): string {
  if (caller.kind === 'domain_server') {
    const [only, ...more] = caller.accountKeys;
    const accountKey = named === '' && only !== undefined && more.length === 0 ? only : named;
    if (!caller.accountKeys.includes(accountKey)) throw refuse('ACCOUNT_NOT_ALLOWED');
    return accountKey;
  }
  const accountKey = caller.kind === 'user' ? caller.accountKey : named;
  if (accountKey === '' || (named !== '' && named !== accountKey)) throw refuse('ACCOUNT_NOT_ALLOWED');
  return accountKey;
}

/** True where the caller may act in this account at all. */
export function servesAccount(caller: Caller, accountKey: string): boolean {
  switch (caller.kind) {
    case 'user':
      return caller.accountKey === accountKey;
    case 'domain_server':
      return caller.accountKeys.includes(accountKey);
    default:
      return caller.kind === 'system';
  }
}

/** The part of a filter that keeps to the accounts in which the caller may act; of the mesh itself, all. */
export function ofAccounts(caller: Caller): { readonly account_key?: string | { readonly $in: string[] } } {
  if (caller.kind === 'user') return { account_key: caller.accountKey };
  return caller.kind === 'domain_server' ? { account_key: { $in: [...caller.accountKeys] } } : {};
}

/** Who does something, as entries of logs name them: kind and key, such as `user:100000000001`. */
export function senderKeyOf(caller: Caller): string {
  return `${caller.kind}:${caller.key}`;
}

/** How members see who did something: a user's key; of a domain server or the mesh `domain_server:fish`. */
export function actorOf(caller: Caller): string {
  return caller.kind === 'user' ? caller.key : senderKeyOf(caller);
}
