import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, describe, expect, it } from 'vitest';
import { openSpan } from './trace.ts';

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const options = { kind: SpanKind.SERVER, traceparent: caller, attributes: { 'rpc.method': 'chat/Send' } } as const;
afterAll(() => trace.disable());

describe('a span', () => {
  it('hands the trace on where no SDK is loaded, and only if it is one', () => {
    expect(openSpan('chat/Send', options).traceparent).toBe(caller);
    expect(openSpan('chat/Send', { ...options, traceparent: 'nonsense\r\nx: y' }).traceparent).toBe('');
  });

  it("continues the caller's trace and says how it ended", () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const span = openSpan('chat/Send', options);
    span.set({ 'circuit.reason': 'NOT_A_MEMBER' });
    span.end(new Error('a private word'));

    const [seen] = exporter.getFinishedSpans();
    expect(seen?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(seen?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(span.traceparent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${seen?.spanContext().spanId}-01`);
    expect(seen?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Error' });
    expect(seen?.attributes).toEqual({ 'rpc.method': 'chat/Send', 'circuit.reason': 'NOT_A_MEMBER' });
  });
});
