// What the protocol suite runs against: a deployment that is named by the environment, or a mesh of its own.
//
//   CIRCUIT_URL=https://edge.example CIRCUIT_TOKEN_A=… CIRCUIT_TOKEN_B=… npx vitest run tests/protocol
//
// The tokens are of two users of one account; the suite makes a direct conversation of the two and writes into it.

import { openEdge } from '../../edge/open-edge.ts';
import { openTestLinks } from '../../mesh/host/testing.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { openChat } from '../../services/chat/testing/open-chat.ts';

export type Target = {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly tokenA: string;
  readonly tokenB: string;
  close(): Promise<void>;
};

export async function openTarget(): Promise<Target> {
  const { CIRCUIT_URL: url, CIRCUIT_TOKEN_A: tokenA, CIRCUIT_TOKEN_B: tokenB } = process.env;
  if (url === undefined) return openOwn();
  if (tokenA === undefined || tokenB === undefined) {
    throw new Error('CIRCUIT_URL needs CIRCUIT_TOKEN_A and CIRCUIT_TOKEN_B: tokens of two users of one account.');
  }
  return { url: url.replace(/\/$/, ''), tokenA, tokenB, close: async () => {} };
}

async function openOwn(): Promise<Target> {
  const { host, close } = await openChat();
  const { api, issuer, verifier } = host;
  const links = await openTestLinks(host, api, [host.host.address]);
  const edge = await openEdge({ api, links, verifier, log: silentLog(), drainMs: 0 });
  const accountKey = '900000000001';
  return {
    url: `http://127.0.0.1:${edge.port}`,
    tokenA: await issuer.issueUser({ userKey: '100000000001', accountKey, displayName: 'Asha' }),
    tokenB: await issuer.issueUser({ userKey: '100000000002', accountKey, displayName: 'Ravi' }),
    close: async () => {
      await edge.close();
      await links.close();
      await close();
    },
  };
}

/** The user of a token, read without checking it. */
export function userKeyOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return claims.sub;
}
