// Who makes a gRPC call: its connection's certificate, its bearer token, and the user that a domain server acts for.

import type { Metadata } from '@grpc/grpc-js';
import { accountMetadata, actFor, actForMetadata } from '../auth/acting-for.ts';
import type { Verifier } from '../auth/verifier.ts';
import { refuse } from '../errors/refuse.ts';
import type { Caller } from '../service/caller.ts';
import { identityOf, type PeerCertificate } from '../tls/identity.ts';

/** What is needed of a call of grpc-js, whatever its kind. */
export type IncomingCredentials = {
  readonly metadata: Metadata;
  getAuthContext(): { readonly transportSecurityType?: string; readonly sslPeerCertificate?: PeerCertificate };
};

const anyone: Caller = { kind: 'anyone', key: '' };
const scheme = /^bearer +(\S+)$/i;

/**
 * The caller that a call proves: by the certificate of its connection or by `authorization: Bearer <token>`, and
 * `circuit-act-for` with `circuit-account` where that is a domain server. Throws TOKEN_INVALID, TOKEN_EXPIRED,
 * CALLER_NOT_ALLOWED for a token of another process than the certificate's, and what `actFor` throws.
 */
export async function callerOf(call: IncomingCredentials, verifier: Verifier): Promise<Caller> {
  const { metadata } = call;
  const caller = await provenBy(metadata, peerOf(call), verifier);
  const userKey = textOf(metadata, actForMetadata);
  const accountKey = textOf(metadata, accountMetadata);
  return userKey === '' && accountKey === '' ? caller : actFor(caller, { userKey, accountKey });
}

/**
 * A process is who its certificate says; its token, if it has one, must say the same. A user has no certificate here:
 * their token is believed whoever brings it.
 */
async function provenBy(metadata: Metadata, peer: Caller | undefined, verifier: Verifier): Promise<Caller> {
  const header = textOf(metadata, 'authorization');
  if (header === '') return peer ?? anyone;
  const token = scheme.exec(header)?.[1];
  if (token === undefined) throw refuse('TOKEN_INVALID');
  const named = await verifier.verify(token);
  if (peer === undefined || named.kind === 'user') return named;
  if (named.kind === peer.kind && named.key === peer.key) return peer;
  throw refuse('CALLER_NOT_ALLOWED', { metadata: { what: 'certificate' } });
}

/** Whom the connection's certificate names; anyone where it names nobody of ours; undefined without TLS. */
function peerOf(call: IncomingCredentials): Caller | undefined {
  const { transportSecurityType, sslPeerCertificate } = call.getAuthContext();
  if (transportSecurityType === undefined) return undefined;
  return (sslPeerCertificate && identityOf(sslPeerCertificate)) ?? anyone;
}

/** The first value of a metadata key; empty where there is none. */
export function textOf(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return value === undefined ? '' : value.toString();
}
