// A process's own token: signed by itself where it has a key, else as it was given, else from a file that is renewed.

import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import type { Issuer, ServiceToken } from './issuer.ts';

export type OwnTokenOptions =
  | { readonly issuer: Issuer; readonly as: ServiceToken; readonly clock?: () => number }
  | { readonly file: string; readonly clock?: () => number }
  | { readonly token: string };

/** A self-signed token lives this long, and is signed anew at half its life. */
export const ownTtlSeconds = 3_600;
export const rereadMs = 60_000;

/** Gives the token to present now. Rejects when its file cannot be read and never could. */
export function openOwnToken(options: OwnTokenOptions): () => Promise<string> {
  if ('token' in options) return async () => options.token;
  const clock = options.clock ?? Date.now;
  const fetchToken =
    'file' in options
      ? async () => (await readFile(options.file, 'utf8')).trim()
      : () => options.issuer.issueService({ ...options.as, ttlSeconds: ownTtlSeconds });
  const freshForMs = 'file' in options ? rereadMs : (ownTtlSeconds / 2) * 1_000;

  let current: string | undefined;
  let freshUntilMs = 0;
  return async () => {
    if (current !== undefined && clock() < freshUntilMs) return current;
    try {
      current = await fetchToken();
    } catch (error) {
      // A file that is just being replaced: what we have may still be good.
      if (current === undefined) throw error;
    }
    freshUntilMs = clock() + freshForMs;
    return current;
  };
}

/** When a token ends, in seconds since 1970; undefined where it does not say, or is none. */
export function endOf(token: string): number | undefined {
  try {
    return decodeJwt(token).exp;
  } catch {
    return undefined;
  }
}
