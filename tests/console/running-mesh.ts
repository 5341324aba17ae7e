// A whole mesh in this process, on loopback: store, chat, Links and an edge that serves the console in dev mode.

import { type Edge, type EdgeOptions, openEdge } from '../../edge/open-edge.ts';
import { openTestLinks } from '../../mesh/host/testing.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { openChat } from '../../services/chat/testing/open-chat.ts';

export type RunningMesh = {
  /** Where the edge answers, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly chat: Awaited<ReturnType<typeof openChat>>;
  readonly edge: Edge;
  close(): Promise<void>;
};

/** Opens all of it. The caller closes. */
export async function openMesh(webRoot?: string, options: Partial<EdgeOptions> = {}): Promise<RunningMesh> {
  const chat = await openChat();
  const { host, api, issuer, verifier } = chat.host;
  const links = await openTestLinks({ issuer, verifier }, api, [`127.0.0.1:${host.port}`]);
  const edge = await openEdge({
    api,
    links,
    verifier,
    issuer,
    log: silentLog(),
    drainMs: 100,
    ...(webRoot === undefined ? {} : { webRoot }),
    ...options,
  });
  return {
    url: `http://127.0.0.1:${edge.port}`,
    chat,
    edge,
    async close() {
      await edge.close();
      await links.close();
      await chat.close();
    },
  };
}
