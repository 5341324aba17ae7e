import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../tests/support/store.ts';
import { silentLog } from '../telemetry/log.ts';
import { openMetrics } from '../telemetry/metrics.ts';
import { inTraces, openSpan } from '../telemetry/trace.ts';
import { type Connection, connectStore } from './connect.ts';

const exporter = new InMemorySpanExporter();
const metrics = openMetrics();
let store: TestStore;
let connection: Connection;

beforeAll(async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  store = await openTestStore();
  connection = await connectStore({ uri: store.uri, log: silentLog(), metrics });
});
afterEach(() => exporter.reset());
afterAll(async () => {
  await connection.close();
  await store.close();
  metrics.close();
  trace.disable();
  context.disable();
});

/** The spans of the commands that a piece of work makes while a request is traced. */
async function commandsOf(work: () => Promise<unknown>) {
  const request = openSpan('a request', { kind: SpanKind.SERVER, traceparent: '', attributes: {} });
  await inTraces(request.traces, work);
  const spans = [...exporter.getFinishedSpans()];
  for (const span of spans) expect(span.parentSpanContext?.spanId).toBe(request.traceparent.split('-')[2]);
  request.end();
  return spans.map(({ name, attributes, status }) => ({ name, attributes, status: status.code }));
}

describe('a command to the database', () => {
  it('is named by what it does to which collection, and by how many it concerns', async () => {
    const ponds = connection.db.collection<{ _id: number }>('ponds');
    const spans = await commandsOf(async () => {
      await ponds.insertOne({ _id: 1 });
      await ponds.insertMany([{ _id: 2 }, { _id: 3 }, { _id: 4 }]);
      expect(await ponds.find({ _id: { $gt: 0 } }, { batchSize: 3 }).toArray()).toHaveLength(4);
    });
    expect(spans.map(({ name }) => name)).toEqual(['insert ponds', 'insert ponds', 'find ponds', 'getMore ponds']);
    expect(spans[1]?.attributes).toMatchObject({
      'db.system.name': 'mongodb',
      'db.namespace': connection.db.databaseName,
      'db.collection.name': 'ponds',
      'db.operation.name': 'insert',
      'db.operation.batch.size': 3,
    });
    // One is no batch.
    expect(spans[0]?.attributes).not.toHaveProperty(['db.operation.batch.size']);
  });

  it('that fails says with which code, and not what was asked', async () => {
    const [span] = await commandsOf(() =>
      connection.db.command({ nonsense: 1, comment: 'a private word' }).catch(() => {}),
    );
    expect(span).toMatchObject({ status: SpanStatusCode.ERROR, attributes: { 'db.response.status_code': '59' } });
    expect(JSON.stringify(span)).not.toContain('a private word');
  });

  it('has no span where no request is traced', async () => {
    await connection.ping();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
