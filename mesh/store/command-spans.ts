// A span for each command to the database, as a part of each request that it serves; where nothing is traced a command
// costs one look. Names and sizes are told, never what was asked or answered.

import { SpanKind } from '@opentelemetry/api';
import { type CommandStartedEvent, type MongoClient, MongoServerError } from 'mongodb';
import type { SpanAttributes } from '../telemetry/names.ts';
import { type OpenSpan, openParts } from '../telemetry/trace.ts';

/** Fields that hold what one command does many times over. */
const batches = ['documents', 'updates', 'deletes'] as const;

/** The client must monitor its commands. */
export function traceCommands(client: MongoClient): void {
  // By the command's number, unique in this process. Bounded by the connections: each has one command under way.
  const open = new Map<number, readonly OpenSpan[]>();
  const end = (requestId: number, failure?: Error) => {
    const spans = open.get(requestId);
    if (spans === undefined) return;
    open.delete(requestId);
    for (const span of spans) {
      if (failure instanceof MongoServerError) span.set({ 'db.response.status_code': String(failure.code) });
      span.end(failure);
    }
  };
  client.on('commandStarted', (event) => {
    const spans = openParts(() => describe(event));
    if (spans.length > 0) open.set(event.requestId, spans);
  });
  client.on('commandSucceeded', ({ requestId }) => end(requestId));
  client.on('commandFailed', ({ requestId, failure }) => end(requestId, failure));
}

function describe({ commandName, command, databaseName, address }: CommandStartedEvent) {
  const target: unknown = commandName === 'getMore' ? command.collection : command[commandName];
  const collection = typeof target === 'string' ? target : undefined;
  const attributes: SpanAttributes = {
    'db.system.name': 'mongodb',
    'db.namespace': databaseName,
    'db.operation.name': commandName,
    'server.address': address,
    ...(collection !== undefined && { 'db.collection.name': collection }),
    ...batchOf(command),
  };
  return { name: `${commandName} ${collection ?? databaseName}`, kind: SpanKind.CLIENT, attributes };
}

function batchOf(command: Readonly<Record<string, unknown>>): SpanAttributes {
  for (const field of batches) {
    const items = command[field];
    if (Array.isArray(items) && items.length > 1) return { 'db.operation.batch.size': items.length };
  }
  return {};
}
