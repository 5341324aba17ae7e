// Who makes a plain gRPC call: its bearer token, and the user that a domain server acts for.

import type { Metadata } from '@grpc/grpc-js';
import { accountMetadata, actFor, actForMetadata } from '../auth/acting-for.ts';
import type { Verifier } from '../auth/verifier.ts';
import { refuse } from '../errors/refuse.ts';
import type { Caller } from '../service/caller.ts';

const anyone: Caller = { kind: 'anyone', key: '' };
const scheme = /^bearer +(\S+)$/i;

/**
 * The caller that a call's metadata proves: `authorization: Bearer <token>`, and `circuit-act-for` with
 * `circuit-account` beside the token of a domain server. Throws TOKEN_INVALID, TOKEN_EXPIRED and what `actFor` throws.
 */
export async function callerOf(metadata: Metadata, verifier: Verifier): Promise<Caller> {
  const header = textOf(metadata, 'authorization');
  if (header === '') return anyone;
  const token = scheme.exec(header)?.[1];
  if (token === undefined) throw refuse('TOKEN_INVALID');
  const caller = await verifier.verify(token);
  const userKey = textOf(metadata, actForMetadata);
  const accountKey = textOf(metadata, accountMetadata);
  return userKey === '' && accountKey === '' ? caller : actFor(caller, { userKey, accountKey });
}

/** The first value of a metadata key; empty where there is none. */
export function textOf(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return value === undefined ? '' : value.toString();
}
