// The caller that a process has verified, told to another process of the same service. Only such a peer is believed.

import type { Metadata } from '@grpc/grpc-js';
import { refuse } from '../errors/refuse.ts';
import type { Caller } from '../service/caller.ts';

/** gRPC metadata: the verified caller as JSON; present on a call that was forwarded, which is not forwarded again. */
export const callerMetadata = 'circuit-caller-bin';

const kinds: ReadonlySet<string> = new Set<Caller['kind']>(['user', 'domain_server', 'edge', 'system', 'anyone']);

export function writeCaller(metadata: Metadata, caller: Caller): void {
  metadata.set(callerMetadata, Buffer.from(JSON.stringify(caller)));
}

/**
 * Whom a forwarded call is for; undefined when it was not forwarded. `peer` is who sent it, as its own token says:
 * throws CALLER_NOT_ALLOWED unless that is a process of the same service.
 */
export function readCaller(metadata: Metadata, peer: Caller, service: string): Caller | undefined {
  const [value] = metadata.get(callerMetadata);
  if (value === undefined) return undefined;
  if (peer.kind !== 'system' || !servicesOf(peer.key).includes(service)) throw refuse('CALLER_NOT_ALLOWED');
  const caller: unknown = JSON.parse(value.toString());
  if (typeof caller !== 'object' || caller === null || !('kind' in caller) || !kinds.has(String(caller.kind))) {
    throw refuse('CALLER_NOT_ALLOWED');
  }
  return caller as Caller;
}

/** The services in the key of a process's own token: `chat`, or `chat.presence` where one process runs both. */
export function servicesOf(key: string): readonly string[] {
  return key.split('.');
}
