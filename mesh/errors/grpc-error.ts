// A CircuitError as grpc-js sends and receives it: status code, sentence, and `grpc-status-details-bin`.

import { Buffer } from 'node:buffer';
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { CircuitError } from './circuit-error.ts';
import { coerce } from './coerce.ts';
import { codes, reasonRule } from './reasons.ts';
import { decodeStatus, encodeStatus } from './status.ts';

const detailsKey = 'grpc-status-details-bin';

/** What a grpc-js handler hands to its callback, or a stream to `emit('error')`. */
export function toGrpcStatus(error: CircuitError): StatusObject {
  const metadata = new Metadata();
  metadata.set(detailsKey, Buffer.from(encodeStatus(error)));
  return { code: codes[reasonRule(error.reason).code], details: error.message, metadata };
}

/** The CircuitError behind an error of a grpc-js client; anything else thrown is coerced. */
export function fromGrpcError(thrown: unknown): CircuitError {
  if (!isStatus(thrown)) return coerce(thrown);
  const value = thrown.metadata instanceof Metadata ? thrown.metadata.get(detailsKey)[0] : undefined;
  const bytes = typeof value === 'object' ? value : undefined;
  return decodeStatus(thrown.code, bytes ? thrown.details : '', bytes);
}

function isStatus(thrown: unknown): thrown is { code: number; details: string; metadata: unknown } {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { code, details } = thrown as Record<string, unknown>;
  return typeof code === 'number' && code > 0 && code <= codes.UNAUTHENTICATED && typeof details === 'string';
}
