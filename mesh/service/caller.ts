// Who makes a call, as its credentials prove it. Handlers read it from the context; auth/ makes it.

export type UserCaller = {
  readonly kind: 'user';
  readonly key: string;
  readonly accountKey: string;
  readonly displayName: string;
  readonly avatarUrl: string;
  readonly roles: readonly string[];
  /** The token's session (`sid`, else `jti`, else the user's key): what a revocation names. */
  readonly sessionId: string;
  /** When the token was made (`iat`), in milliseconds since 1970; 0 where nothing says so. */
  readonly issuedAtMs: number;
  /** When the credentials end, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** The domain server that acts for this user, where one does. */
  readonly actingFor?: string;
};

export type DomainServerCaller = {
  readonly kind: 'domain_server';
  /** The server's name, such as `fish`. */
  readonly key: string;
  /** The accounts it serves. */
  readonly accountKeys: readonly string[];
  readonly expiresAtMs: number;
};

export type MeshCaller = { readonly kind: 'edge' | 'system' | 'anyone'; readonly key: string };

export type Caller = UserCaller | DomainServerCaller | MeshCaller;
