// An edge over the pond service for tests, and apps that speak to it over real sockets.

import { WebSocket } from 'ws';
import type { UserToken } from '../../mesh/auth/issuer.ts';
import type { Links } from '../../mesh/caller/links.ts';
import { asha, openTestHost, openTestLinks, openTrust, type TestHost, type Trust } from '../../mesh/host/testing.ts';
import type { Api } from '../../mesh/schema/api.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { type Edge, type EdgeOptions, openEdge } from '../open-edge.ts';
import { App } from './app.ts';
import { Ponds, pondApi, pondService, wellService } from './pond.ts';

export type TestMesh = Trust & {
  readonly api: Api;
  readonly ponds: Ponds;
  /** Topics of a second service, in a process of its own. */
  readonly wells: Ponds;
  readonly host: TestHost;
  /** Says to the edge that events of these topics may have been missed, or that a service ended a session. */
  readonly say: Said;
  readonly edge: Edge;
  readonly url: string;
  /** A signed-in app; resolves after `ready`. */
  app(user?: UserToken): Promise<App>;
  /** A socket as it comes, with the user's token unless headers say otherwise. */
  socket(options?: SocketOptions): Promise<App>;
  close(): Promise<void>;
};

export type Said = {
  gap(topics: Iterable<string>): void;
  sessionEnd(sessionId: string, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID'): void;
};

export type SocketOptions = {
  readonly user?: UserToken;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: string | string[];
  readonly path?: string;
  /** False: it does not answer the pings of the protocol. */
  readonly autoPong?: boolean;
};

export type TestMeshOptions = Partial<EdgeOptions> & {
  /** Shared where an issuer is handed to the edge. */
  readonly trust?: Trust;
  /** How full the Links are said to be; as they are, if not given. */
  readonly load?: () => number;
};

export async function openTestMesh({ trust, load, ...options }: TestMeshOptions = {}): Promise<TestMesh> {
  const api = await pondApi();
  const ponds = new Ponds();
  const wells = new Ponds();
  const { issuer, verifier } = trust ?? openTrust(options.clock);
  const host = await openTestHost({ services: [pondService(ponds)], api, trust: { issuer, verifier } });
  const wellHost = await openTestHost({ services: [wellService(wells)], api, trust: { issuer, verifier } });
  const meshLinks = await openTestLinks(host, api, [host.host.address, wellHost.host.address]);
  const { links, say } = overheard(meshLinks, load);
  const closeOthers = async () => {
    await meshLinks.close();
    await wellHost.close();
    await host.close();
  };
  const edge = await openEdge({ api, links, verifier, log: silentLog(), drainMs: 0, ...options }).catch(
    async (error: unknown) => {
      await closeOthers();
      throw error;
    },
  );
  const url = `127.0.0.1:${edge.port}`;

  const socket = async (asked: SocketOptions = {}) => {
    const { user = asha, headers, protocols = 'circuit.v1.json', path = '/ws', autoPong = true } = asked;
    const authorization = headers ?? { authorization: `Bearer ${await issuer.issueUser(user)}` };
    const opening = new WebSocket(`ws://${url}${path}`, protocols, { headers: authorization, autoPong });
    const app = new App(opening);
    await new Promise((resolve, reject) => {
      opening.once('open', resolve);
      opening.once('error', reject);
      opening.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          reject({ status: response.statusCode, headers: response.headers, body: JSON.parse(body) }),
        );
      });
    });
    return app;
  };
  return {
    issuer,
    verifier,
    api,
    ponds,
    wells,
    host,
    say,
    edge,
    url,
    socket,
    app: async (user = asha) => {
      const app = await socket({ user });
      await app.next((frame) => frame.event === 'hello');
      // `ready` stays to be read by the test.
      const ready = await app.event('ready');
      app.frames.unshift(ready);
      return app;
    },
    close: async () => {
      await edge.close();
      await closeOthers();
    },
  };
}

/** The Links, and a way to say what they would say when a Link is lost or a session is revoked. */
function overheard(links: Links, load = () => links.load): { links: Links; say: Said } {
  const onGap: ((topics: Iterable<string>) => void)[] = [];
  const onSessionEnd: Parameters<Links['onSessionEnd']>[0][] = [];
  const { subscriptions } = links;
  return {
    links: {
      subscriptions: {
        subscribe: (topic, signal) => subscriptions.subscribe(topic, signal),
        unsubscribe: (topic) => subscriptions.unsubscribe(topic),
        onEvent: (listener) => subscriptions.onEvent(listener),
        onGap: (listener) => {
          onGap.push(listener);
          subscriptions.onGap(listener);
        },
      },
      openSession: (id, token) => links.openSession(id, token),
      call: (call) => links.call(call),
      request: (call) => links.request(call),
      onSessionEnd: (listener) => {
        onSessionEnd.push(listener);
        links.onSessionEnd(listener);
      },
      get load() {
        return load();
      },
      healthy: () => links.healthy(),
      close: () => links.close(),
    },
    say: {
      gap: (topics) => {
        for (const listener of onGap) listener(topics);
      },
      sessionEnd: (sessionId, reason) => {
        for (const listener of onSessionEnd) listener(sessionId, reason);
      },
    },
  };
}
