// Signs tokens with a key of our own: for dev mode, for the mesh's own processes, for tests and for `circuit token`.
// In production users' tokens come from the platform's user server instead.

import { randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { TokenKey } from './token-key.ts';

export type IssuerOptions = {
  readonly key: TokenKey;
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since 1970. Tests move it. */
  readonly clock?: () => number;
};

export type UserToken = {
  readonly userKey: string;
  readonly accountKey: string;
  readonly displayName: string;
  readonly avatarUrl?: string;
  readonly roles?: readonly string[];
  /** A fresh one if not given. */
  readonly sessionId?: string;
  readonly ttlSeconds?: number;
};

export type ServiceToken = {
  readonly kind: 'edge' | 'system' | 'domain_server';
  /** The bearer's name, such as `fish` or `edge`. */
  readonly key: string;
  /** Of a domain server: the accounts that it serves. */
  readonly accountKeys?: readonly string[];
  readonly ttlSeconds?: number;
};

export type Issuer = {
  issueUser(user: UserToken): Promise<string>;
  issueService(service: ServiceToken): Promise<string>;
};

export const userTtlSeconds = 12 * 3_600;
export const serviceTtlSeconds = 24 * 3_600;

/** Throws when the key is only a public half. */
export function openIssuer(options: IssuerOptions): Issuer {
  const { key, issuer, audience, clock = Date.now } = options;
  const signing = key.sign;
  if (signing === undefined) throw new Error('This token key can only check tokens: signing needs the private half.');

  const sign = (subject: string, claims: JWTPayload, ttlSeconds: number): Promise<string> => {
    const nowSeconds = Math.floor(clock() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: key.algorithm, typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + ttlSeconds)
      .sign(signing);
  };

  return {
    issueUser(user) {
      const claims: JWTPayload = {
        account: user.accountKey,
        name: user.displayName,
        roles: user.roles ?? [],
        sid: user.sessionId ?? randomUUID(),
      };
      if (user.avatarUrl !== undefined) claims.picture = user.avatarUrl;
      return sign(user.userKey, claims, user.ttlSeconds ?? userTtlSeconds);
    },
    issueService(service) {
      const claims: JWTPayload = { kind: service.kind, jti: randomUUID() };
      if (service.kind === 'domain_server') claims.accounts = service.accountKeys ?? [];
      return sign(service.key, claims, service.ttlSeconds ?? serviceTtlSeconds);
    },
  };
}
