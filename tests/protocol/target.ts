// What the protocol suite runs against: a deployment that is named by the environment, or a mesh of its own.
//
//   CIRCUIT_URL=https://edge.example CIRCUIT_TOKEN_A=… CIRCUIT_TOKEN_B=… \
//     npx vitest run tests/protocol --no-file-parallelism
//
// One file after another, since they share what a user may spend. The tokens are of two users of one account; the suite
// makes conversations of the two and writes into them. With CIRCUIT_TOKEN_SERVER, of a domain server of that account,
// it also does what takes one; with CIRCUIT_GRPC=host:port, too, it makes all calls over gRPC as well.

import { openEdge } from '../../edge/open-edge.ts';
import { openTestLinks } from '../../mesh/host/testing.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { openChat } from '../../services/chat/testing/open-chat.ts';

export type Target = {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly tokenA: string;
  readonly tokenB: string;
  /** Whose tokens these are: two users of one account. */
  readonly users: { readonly asha: string; readonly ravi: string };
  readonly account: string;
  /** Of a domain server of the account. */
  readonly serverToken?: string;
  /** Where services take gRPC in the clear, such as `127.0.0.1:7070`. */
  readonly grpc?: string;
  close(): Promise<void>;
};

/** Reads whose the tokens are, without checking them. */
export function targetOf(given: Omit<Target, 'users' | 'account'>): Target {
  const [a, b] = [claimsOf(given.tokenA), claimsOf(given.tokenB)];
  return { ...given, users: { asha: a.sub, ravi: b.sub }, account: a.account };
}

export async function openTarget(): Promise<Target> {
  const { CIRCUIT_URL: url, CIRCUIT_TOKEN_A: tokenA, CIRCUIT_TOKEN_B: tokenB } = process.env;
  if (url === undefined) return openOwn();
  if (tokenA === undefined || tokenB === undefined) {
    throw new Error('CIRCUIT_URL needs CIRCUIT_TOKEN_A and CIRCUIT_TOKEN_B: tokens of two users of one account.');
  }
  const { CIRCUIT_TOKEN_SERVER: serverToken, CIRCUIT_GRPC: grpc } = process.env;
  return targetOf({
    url: url.replace(/\/$/, ''),
    tokenA,
    tokenB,
    ...(serverToken && { serverToken }),
    ...(grpc && { grpc }),
    close: async () => {},
  });
}

async function openOwn(): Promise<Target> {
  const { host, close } = await openChat();
  const { api, issuer, verifier } = host;
  const links = await openTestLinks(host, api, [host.host.address]);
  const edge = await openEdge({ api, links, verifier, log: silentLog(), drainMs: 0 });
  const accountKey = '900000000001';
  return targetOf({
    url: `http://127.0.0.1:${edge.port}`,
    tokenA: await issuer.issueUser({ userKey: '100000000001', accountKey, displayName: 'Asha' }),
    tokenB: await issuer.issueUser({ userKey: '100000000002', accountKey, displayName: 'Ravi' }),
    serverToken: await issuer.issueService({ kind: 'domain_server', key: 'fish', accountKeys: [accountKey] }),
    grpc: host.host.address,
    close: async () => {
      await edge.close();
      await links.close();
      await close();
    },
  });
}

function claimsOf(token: string): { readonly sub: string; readonly account: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
