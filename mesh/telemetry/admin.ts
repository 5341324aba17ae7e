// The admin port: /metrics for Prometheus, /healthz and /readyz for whoever watches the process. It carries no secrets
// and is still not for the world: it listens on loopback unless told otherwise.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

export type AdminOptions = {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Resolves while the process may be sent work; else throws with what is wrong. */
  readonly ready: () => Promise<void>;
  readonly log: Logger;
};

export type Admin = { readonly port: number; close(): Promise<void> };

/** A readiness check that takes longer has failed. */
export const readyWithinMs = 2_000;

export async function openAdmin(options: AdminOptions): Promise<Admin> {
  const { metrics, ready } = options;
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'GET only\n');
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return answer(response, 200, 'alive\n');
    if (path === '/readyz') return void answerReady(response, ready, metrics);
    if (path === '/metrics') return void answerMetrics(response, options);
    answer(response, 404, '/metrics, /healthz, /readyz\n');
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(options.port, options.host, () => {
      server.off('error', failed);
      listening();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answerReady(response: ServerResponse, ready: () => Promise<void>, metrics: Metrics): Promise<void> {
  const trouble = await troubleOf(ready, metrics);
  if (trouble === undefined) answer(response, 200, 'ready\n');
  else answer(response, 503, `not ready: ${trouble}\n`);
}

async function answerMetrics(response: ServerResponse, { metrics, ready, log }: AdminOptions): Promise<void> {
  try {
    // Asked for each scrape: whoever watches the process may ask elsewhere, such as by `grpc.health.v1`.
    await troubleOf(ready, metrics);
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } catch (error) {
    log.error({ err: error }, 'metrics could not be read');
    answer(response, 500, 'metrics could not be read\n');
  }
}

/** What keeps the process from work, now; undefined where nothing does. */
async function troubleOf(ready: () => Promise<void>, metrics: Metrics): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${readyWithinMs} ms`)), readyWithinMs);
  });
  const isReady = metrics.gauge('circuit_ready', {});
  try {
    await Promise.race([ready(), late]);
    isReady.set(1);
    return undefined;
  } catch (error) {
    isReady.set(0);
    return error instanceof Error ? error.message : 'unknown';
  } finally {
    clearTimeout(timer);
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}
