// What settings must be true of together, by the process that reads them.

import { asymmetricKey, secretKey } from '../auth/token-key.ts';
import type { Config } from './config.ts';
import type { Role } from './setting.ts';

type Rule = {
  readonly roles: readonly Role[];
  /** What is wrong; undefined when nothing is. */
  readonly fault: (config: Config) => string | undefined;
};

const callers = ['edge', 'service'] as const;

export const rules: readonly Rule[] = [
  {
    roles: callers,
    fault: ({ tokenKey, tokenSecret, jwksUrl }) =>
      tokenKey === undefined && tokenSecret === undefined && jwksUrl === undefined
        ? 'nothing to check tokens with: set CIRCUIT_JWKS_URL, CIRCUIT_TOKEN_KEY_FILE or CIRCUIT_TOKEN_SECRET_FILE'
        : undefined,
  },
  {
    roles: callers,
    fault: ({ tokenKey, tokenSecret }) =>
      tokenKey !== undefined && tokenSecret !== undefined
        ? 'CIRCUIT_TOKEN_KEY and CIRCUIT_TOKEN_SECRET are both set: one of them decides'
        : undefined,
  },
  {
    roles: callers,
    fault: ({ tokenKey }) =>
      tokenKey === undefined ? undefined : faultOf('CIRCUIT_TOKEN_KEY', () => asymmetricKey(tokenKey)),
  },
  {
    roles: callers,
    fault: ({ tokenSecret }) =>
      tokenSecret === undefined ? undefined : faultOf('CIRCUIT_TOKEN_SECRET', () => secretKey(tokenSecret)),
  },
  {
    roles: callers,
    fault: (config) =>
      config.serviceToken === undefined &&
      config.serviceTokenFile === undefined &&
      config.tlsCertFile === undefined &&
      !signs(config)
        ? 'nothing proves who this process is: set CIRCUIT_SERVICE_TOKEN_FILE, CIRCUIT_TLS_CERT_FILE or a signing key'
        : undefined,
  },
  {
    roles: callers,
    fault: ({ tlsCertFile, tlsKeyFile, tlsCaFile }) => {
      const given = [tlsCertFile, tlsKeyFile, tlsCaFile].filter((file) => file !== undefined);
      return given.length === 0 || given.length === 3
        ? undefined
        : 'CIRCUIT_TLS_CERT_FILE, CIRCUIT_TLS_KEY_FILE and CIRCUIT_TLS_CA_FILE belong together: set all or none';
    },
  },
  {
    roles: ['service', 'migrate'],
    fault: ({ mongoUri }) => (mongoUri === undefined ? 'MONGODB_URI is needed' : undefined),
  },
  {
    roles: ['service', 'migrate'],
    fault: ({ mongoPoolMin, mongoPoolMax }) =>
      mongoPoolMin > mongoPoolMax ? 'CIRCUIT_MONGODB_POOL_MIN is above CIRCUIT_MONGODB_POOL_MAX' : undefined,
  },
  { roles: ['service'], fault: ({ idKey }) => (idKey === undefined ? 'CIRCUIT_ID_KEY is needed' : undefined) },
  { roles: ['edge'], fault: ({ peers }) => (peers.size === 0 ? 'CIRCUIT_PEERS is needed' : undefined) },
  {
    roles: ['edge'],
    fault: ({ allowedOrigins, mode }) =>
      allowedOrigins.includes('*') && mode === 'production'
        ? 'CIRCUIT_ALLOWED_ORIGINS is "*": in production name the origins'
        : undefined,
  },
  {
    roles: ['edge'],
    fault: ({ allowedOrigins }) => {
      const odd = allowedOrigins.find((origin) => origin !== '*' && !isOrigin(origin));
      return odd === undefined
        ? undefined
        : `CIRCUIT_ALLOWED_ORIGINS has "${odd}": an origin is https://host or https://host:port`;
    },
  },
];

/** A key that is no key is told of by the rule before. */
function signs({ tokenKey, tokenSecret }: Config): boolean {
  if (tokenKey === undefined) return tokenSecret !== undefined;
  return faultOf('', () => asymmetricKey(tokenKey)) !== undefined || asymmetricKey(tokenKey).sign !== undefined;
}

function faultOf(name: string, work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch {
    // What was wrong could quote the key: only that it is wrong is told.
    return `${name} cannot be used: a key is PEM or JWK of Ed25519, P-256 or RSA 2048; a secret has 32 bytes or more`;
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
