// The gRPC stream under a Link: one connection to one process, opened with the edge's own token.

import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { Certificates } from '../../tls/certificates.ts';
import { channelOptions } from '../peer-clients.ts';

const openPath = '/circuit.link.v1.LinkService/Open';

/** HTTP/2 window for what the service sends: pages and events must not wait for acknowledgements of the transport. */
export const windowBytes = 8 * 1_024 * 1_024;

export type LinkStream = ClientDuplexStream<Buffer, Buffer>;

/** How soon a peer that hangs is found out: pinged when nothing was heard for so long, and given up after so long. */
export type Keepalive = { readonly timeMs: number; readonly timeoutMs: number };

/** Sooner than on plain connections: calls that could go elsewhere wait for it. */
export const linkKeepalive: Keepalive = { timeMs: 5_000, timeoutMs: 5_000 };

const linkChannelOptions = {
  ...channelOptions,
  'grpc-node.flow_control_window': windowBytes,
  // Pauses between attempts are the Link's: the channel's own would let attempts fail that come before they are over.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 50,
} as const;

export class LinkConnection {
  readonly #client: Client;

  constructor(address: string, keepalive: Keepalive, tls: Certificates | undefined) {
    this.#client = new Client(address, tls?.channelCredentials() ?? credentials.createInsecure(), {
      ...linkChannelOptions,
      'grpc.keepalive_time_ms': keepalive.timeMs,
      'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    });
  }

  open(token: string): LinkStream {
    const metadata = new Metadata();
    if (token !== '') metadata.set('authorization', `Bearer ${token}`);
    return this.#client.makeBidiStreamRequest(openPath, asIs, asIs, metadata);
  }

  close(): void {
    this.#client.close();
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
