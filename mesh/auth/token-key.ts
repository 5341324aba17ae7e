// The keys that sign and check tokens, from what an operator gives: a shared secret, a PEM, or a JWK.

import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

export const tokenAlgorithms = ['EdDSA', 'ES256', 'RS256', 'HS256'] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

export type TokenKey = {
  readonly algorithm: TokenAlgorithm;
  /** Checks signatures. */
  readonly verify: KeyObject;
  /** Makes them; absent where only the public half is here. */
  readonly sign?: KeyObject;
};

/** Bytes that a shared secret must have at least: as many as the hash that it keys (RFC 7518, 3.2). */
export const secretBytesMin = 32;

/** A shared secret for HS256. Throws when it is too short to be one. */
export function secretKey(secret: string): TokenKey {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < secretBytesMin) {
    throw new Error(`A token secret has at least ${secretBytesMin} bytes; this one has ${bytes.length}.`);
  }
  const key = createSecretKey(bytes);
  return { algorithm: 'HS256', verify: key, sign: key };
}

/** A key from PEM or JWK text, private or public. Its kind decides: Ed25519, P-256, or RSA of 2048 bits or more. */
export function asymmetricKey(text: string): TokenKey {
  const trimmed = text.trim();
  const input = trimmed.startsWith('{') ? { key: JSON.parse(trimmed), format: 'jwk' as const } : trimmed;
  const isPrivate = typeof input === 'string' ? input.includes('PRIVATE KEY') : 'd' in input.key;
  const verify = isPrivate ? createPublicKey(createPrivateKey(input)) : createPublicKey(input);
  const algorithm = algorithmOf(verify);
  return isPrivate ? { algorithm, verify, sign: createPrivateKey(input) } : { algorithm, verify };
}

function algorithmOf(key: KeyObject): TokenAlgorithm {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (key.asymmetricKeyType === 'ec' && details.namedCurve === 'prime256v1') return 'ES256';
  if (key.asymmetricKeyType === 'rsa' && (details.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new Error('A token key is Ed25519, P-256, or RSA of at least 2048 bits.');
}
