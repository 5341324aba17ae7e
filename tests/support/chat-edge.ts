// A real edge over chat in a real host, joined by real Links, with limits wide enough for whatever a test sends.

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type EdgeOptions, openEdge } from '../../edge/open-edge.ts';
import { App } from '../../edge/testing/app.ts';
import { ServerFrame } from '../../gen/circuit/socket/v1/socket_service.ts';
import type { ServiceToken, UserToken } from '../../mesh/auth/issuer.ts';
import { openTestLinks } from '../../mesh/host/testing.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import type { TestChat } from '../../services/chat/testing/open-chat.ts';

export type ChatEdge = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** A signed-in app, after `ready`; in JSON unless another subprotocol is asked for. */
  app(user: UserToken, protocol?: string): Promise<App>;
  tokenOf(caller: UserToken | ServiceToken): Promise<string>;
  close(): Promise<void>;
};

const wide = { costPerSecond: 1e6, costBurst: 1e6, requestsInFlight: 1_000, strangerPerSecond: 1e6 };

export async function openChatEdge({ host }: TestChat, options: Partial<EdgeOptions> = {}): Promise<ChatEdge> {
  const { api, issuer, verifier } = host;
  const links = await openTestLinks(host, api, [host.host.address]);
  const edge = await openEdge({ api, links, verifier, log: silentLog(), drainMs: 0, limits: wide, ...options });
  const address = `127.0.0.1:${edge.port}`;
  const tokenOf = (caller: UserToken | ServiceToken) =>
    'kind' in caller ? issuer.issueService(caller) : issuer.issueUser(caller);
  return {
    url: `http://${address}`,
    tokenOf,
    async app(user, protocol = 'circuit.v1.json') {
      const headers = { authorization: `Bearer ${await tokenOf(user)}` };
      const socket = new WebSocket(`ws://${address}/ws`, protocol, { headers });
      const app = new App(socket);
      await once(socket, 'open');
      await app.next((frame) => eventOf(frame) === 'ready');
      return app;
    },
    async close() {
      await edge.close();
      await links.close();
    },
  };
}

/** The event of a frame of either format. */
function eventOf(frame: Readonly<Record<string, unknown>>): unknown {
  if (!('bytes' in frame)) return frame.event;
  const { kind } = ServerFrame.decode(frame.bytes as Uint8Array);
  return kind?.$case === 'event' ? kind.value.event : undefined;
}
