// Plain gRPC connections to the other processes of the mesh, one to each address of the configuration.

import {
  type ChannelCredentials,
  Client,
  connectivityState,
  credentials,
  type CallOptions as GrpcCallOptions,
  type Metadata,
} from '@grpc/grpc-js';
import { coerce } from '../errors/coerce.ts';
import { fromGrpcError } from '../errors/grpc-error.ts';
import type { Reason } from '../errors/reasons.ts';
import { onAbort } from '../link/on-abort.ts';
import type { Certificates } from '../tls/certificates.ts';
import { Outliers } from './outliers.ts';

/** Largest message between processes, in bytes: a page of 256 KiB and an upload of a few MiB fit. */
export const messageBytesMax = 16 * 1_024 * 1_024;

/** What every connection within the mesh is opened with; what grpc-js would choose by itself is said aloud. */
export const channelOptions = {
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
  // Retries are ours: they know which calls may be repeated.
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  // Else a closed client leaves its connection to a pool of the process.
  'grpc.use_local_subchannel_pool': 1,
  // Peers are reached by address, which TLS takes for no name; who they are is checked by identity instead.
  'grpc.ssl_target_name_override': 'circuit',
} as const;

export type UnaryCall = {
  /** Such as `/circuit.chat.v1.ChatService/SendMessage`. */
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata: Metadata;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly deadline: number;
  readonly signal: AbortSignal;
};

export type PeerClientsOptions = {
  /**
   * False: each call has a connection of its own, closed after it. For a runtime whose HTTP/2 client may not outlive
   * its peer: Deno's aborts the process when a peer says that it goes away (denoland/deno#36788).
   */
  readonly keepConnections: boolean;
  /** Present where connections are TLS. */
  readonly tls?: Certificates | undefined;
  /** Called when a peer could not be reached: it may have moved. */
  readonly onLost?: () => void;
  /** Called when a peer is left out for a while since it does not answer. */
  readonly onOut?: () => void;
};

/** So long an address that did not answer is held to be away, where no connection tells. */
const awayForMs = 1_000;
/** A peer that says nothing within less than this may be sound: the caller was late. */
const fairMs = 500;

export class PeerClients {
  /** Peers that are there and do not answer. */
  readonly outliers: Outliers;
  readonly #credentials: ChannelCredentials;
  readonly #keep: boolean;
  readonly #onLost: () => void;
  readonly #clients = new Map<string, Client>();
  /** Until when (by `performance.now()`) addresses are held to be away. */
  readonly #away = new Map<string, number>();

  constructor({ keepConnections, tls, onLost = () => {}, onOut }: PeerClientsOptions) {
    this.#credentials = tls?.channelCredentials() ?? credentials.createInsecure();
    this.#keep = keepConnections;
    this.#onLost = onLost;
    this.outliers = new Outliers(undefined, onOut);
  }

  /** Begins to connect, so that `ready` can become true before the first call. */
  connect(addresses: Iterable<string>): void {
    for (const address of addresses) this.ready(address);
  }

  /** True while the process at this address can be reached, as far as is known; asking begins to connect to it. */
  ready(address: string): boolean {
    if (!this.#keep) return (this.#away.get(address) ?? 0) <= performance.now();
    return this.#kept(address).getChannel().getConnectivityState(true) === connectivityState.READY;
  }

  /** Makes one call. Throws CircuitErrors: those of the peer, UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED. */
  async unary(address: string, call: UnaryCall): Promise<Uint8Array> {
    const client = this.#keep ? this.#kept(address) : this.#open(address);
    const startedAt = Date.now();
    try {
      const answer = await unary(client, call);
      this.outliers.answered(address);
      return answer;
    } catch (thrown) {
      const error = coerce(thrown);
      this.#judge(address, error.reason, call.deadline - startedAt);
      throw error;
    } finally {
      if (!this.#keep) client.close();
    }
  }

  /** Lets go of connections to processes that are no peers any more; what is under way on them is answered. */
  keep(addresses: ReadonlySet<string>): void {
    this.outliers.keep(addresses);
    for (const [address, client] of this.#clients) {
      if (addresses.has(address)) continue;
      this.#clients.delete(address);
      client.close();
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #judge(address: string, reason: Reason, timeoutMs: number): void {
    if (reason === 'UNAVAILABLE') {
      if (!this.#keep) this.#away.set(address, performance.now() + awayForMs);
      this.outliers.failed(address);
      this.#onLost();
    } else if (reason === 'DEADLINE_EXCEEDED') {
      if (timeoutMs >= fairMs) this.outliers.failed(address);
    } else if (reason !== 'CANCELLED') {
      this.outliers.answered(address);
    }
  }

  #open(address: string): Client {
    return new Client(address, this.#credentials, channelOptions);
  }

  #kept(address: string): Client {
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = this.#open(address);
      this.#clients.set(address, client);
    }
    return client;
  }
}

function unary(client: Client, call: UnaryCall): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options: GrpcCallOptions = { deadline: call.deadline };
    const request = client.makeUnaryRequest<Uint8Array, Buffer>(
      call.path,
      (bytes) => bytes as Buffer,
      (bytes) => bytes,
      call.request,
      call.metadata,
      options,
      (error, response) => {
        leave();
        if (error) reject(fromGrpcError(error));
        else resolve(response as Buffer);
      },
    );
    const leave = onAbort(call.signal, () => request.cancel());
    if (call.signal.aborted) request.cancel();
  });
}
