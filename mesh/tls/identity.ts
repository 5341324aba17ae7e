// Who a peer is by its certificate. Its identity stands in the subject alternative names, as URIs:
// `spiffe://circuit/<kind>/<key>`, and beside it `urn:circuit:account:<key>` for each account of a domain server.

import type { Caller } from '../service/caller.ts';

export const trustDomain = 'spiffe://circuit/';
export const accountName = 'urn:circuit:account:';

/** What Node tells of a peer's certificate, as far as it is needed here. */
export type PeerCertificate = {
  /** Such as `URI:spiffe://circuit/edge/edge, DNS:localhost`. */
  readonly subjectaltname?: string | undefined;
  /** Such as `Nov 21 00:00:00 2027 GMT`. */
  readonly valid_to: string;
};

const identity = /^(edge|system|domain_server)\/([a-z0-9][a-z0-9._-]{0,126})$/;
const account = /^[0-9]{12}$/;

/** Undefined where the certificate names nobody of this mesh, or more than one. */
export function identityOf(certificate: PeerCertificate): Caller | undefined {
  const uris = urisOf(certificate.subjectaltname ?? '');
  const names = uris.filter((uri) => uri.startsWith(trustDomain));
  const [, kind, key] = identity.exec(names[0]?.slice(trustDomain.length) ?? '') ?? [];
  if (names.length !== 1 || kind === undefined || key === undefined) return undefined;
  if (kind !== 'domain_server') return { kind: kind as 'edge' | 'system', key };
  const accountKeys = uris
    .filter((uri) => uri.startsWith(accountName))
    .map((uri) => uri.slice(accountName.length))
    .filter((accountKey) => account.test(accountKey));
  return { kind, key, accountKeys, expiresAtMs: Date.parse(certificate.valid_to) };
}

/** Node puts names that could be misread in quotes: no part of those is taken for a name of ours. */
function urisOf(names: string): readonly string[] {
  if (names.includes('"')) return [];
  return names
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length));
}
