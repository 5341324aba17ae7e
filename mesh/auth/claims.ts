// What a verified token says, as a caller. The signature is checked by then; this checks that the claims make sense.

import type { JWTPayload } from 'jose';
import type { Caller } from '../service/caller.ts';

export const rolesMax = 32;
export const accountsMax = 1_000;
/** UTF-16 units of a name, a role or a session id; longer names are cut, longer ids refused. */
export const nameLengthMax = 100;
export const urlLengthMax = 2_048;

const idShape = /^[0-9]{12}$/;
const nameShape = /^[a-z0-9][a-z0-9._-]{0,126}$/;

/** Who the token speaks for; undefined when its claims are not ones that this mesh gives out or takes. */
export function callerOf(claims: JWTPayload): Caller | undefined {
  if (typeof claims.sub !== 'string' || typeof claims.exp !== 'number') return undefined;
  const kind = claims.kind ?? 'user';
  if (kind === 'user') return userOf(claims, claims.sub, claims.exp * 1_000);
  if (!nameShape.test(claims.sub)) return undefined;
  if (kind === 'edge' || kind === 'system') return { kind, key: claims.sub };
  if (kind !== 'domain_server') return undefined;
  const accountKeys = textList(claims.accounts, accountsMax);
  if (accountKeys === undefined || !accountKeys.every((key) => idShape.test(key))) return undefined;
  return { kind, key: claims.sub, accountKeys, expiresAtMs: claims.exp * 1_000 };
}

function userOf(claims: JWTPayload, key: string, expiresAtMs: number): Caller | undefined {
  const accountKey = claims.account;
  if (!idShape.test(key) || typeof accountKey !== 'string' || !idShape.test(accountKey)) return undefined;
  const roles = textList(claims.roles ?? [], rolesMax);
  const sessionId = claims.sid ?? claims.jti ?? key;
  if (roles === undefined || typeof sessionId !== 'string' || sessionId.length > nameLengthMax) return undefined;
  return {
    kind: 'user',
    key,
    accountKey,
    displayName: text(claims.name).slice(0, nameLengthMax),
    avatarUrl: webUrl(claims.picture),
    roles,
    sessionId,
    issuedAtMs: typeof claims.iat === 'number' ? claims.iat * 1_000 : 0,
    expiresAtMs,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Only http and https leave here: the picture of a user is shown to others. */
function webUrl(value: unknown): string {
  const url = text(value);
  return url.length <= urlLengthMax && /^https?:\/\//.test(url) && URL.canParse(url) ? url : '';
}

function textList(value: unknown, most: number): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  return value.every((item) => typeof item === 'string' && item.length <= nameLengthMax) ? value : undefined;
}
