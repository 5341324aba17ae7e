import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from '../errors/refuse.ts';
import { openLog } from './log.ts';
import { inTraces, openPart, openParts, openSpan, tracesAround } from './trace.ts';

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const options = { kind: SpanKind.SERVER, traceparent: caller, attributes: { 'rpc.method': 'chat/Send' } } as const;
const part = () => ({ name: 'part', kind: SpanKind.INTERNAL, attributes: {} });

const exporter = new InMemorySpanExporter();

describe('without an SDK', () => {
  it('the trace is handed on, but only if it is one', () => {
    expect(openSpan('chat/Send', options).traceparent).toBe(caller);
    expect(openSpan('chat/Send', { ...options, traceparent: 'nonsense\r\nx: y' }).traceparent).toBe('');
    expect(inTraces(openSpan('chat/Send', options).traces, () => openPart(part))).toBeUndefined();
  });
});

describe('a span', () => {
  // From here on: a tracer keeps the first SDK that it meets.
  beforeAll(() => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  });
  afterEach(() => exporter.reset());
  afterAll(() => {
    trace.disable();
    context.disable();
  });

  it("continues the caller's trace and says how it ended", () => {
    const span = openSpan('chat/Send', options);
    span.set({ 'circuit.caller': 'user' });
    span.end(new Error('a private word'));

    const [seen] = exporter.getFinishedSpans();
    expect(seen?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(seen?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(span.traceparent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${seen?.spanContext().spanId}-01`);
    expect(seen?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Error' });
    expect(seen?.attributes).toEqual({ 'rpc.method': 'chat/Send', 'circuit.caller': 'user', 'error.type': 'Error' });
  });

  it('is no failure where the caller is refused, and is one where the service cannot', () => {
    openSpan('refused', options).end(refuse('NOT_A_MEMBER'));
    openSpan('failed', options).end(refuse('STORE_UNAVAILABLE'));
    const [refused, failed] = exporter.getFinishedSpans();
    expect(refused?.status.code).toBe(SpanStatusCode.UNSET);
    expect(refused?.attributes).toMatchObject({ 'circuit.reason': 'NOT_A_MEMBER' });
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'STORE_UNAVAILABLE' });
  });

  it('is not made, nor handed on, where the sampler leaves a trace out', () => {
    const unsampled = caller.replace(/01$/, '00');
    const span = openSpan('chat/Send', { ...options, traceparent: unsampled });
    expect(span.traceparent).toBe(unsampled);
    expect(inTraces(span.traces, () => openPart(part))).toBeUndefined();
    span.end();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('of a part belongs to what is under way, across what is awaited, until that is over', async () => {
    const span = openSpan('chat/Send', options);
    await inTraces(span.traces, async () => {
      await new Promise(setImmediate);
      openPart(part)?.end();
      span.end();
      expect(openPart(part)).toBeUndefined();
    });
    expect(tracesAround()).toEqual([]);
    const [child, parent] = exporter.getFinishedSpans();
    expect(child?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId);
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it('of a part is shown to each of the requests that share it, and to no other', () => {
    const [asha, ravi, other] = ['asha', 'ravi', 'other'].map((name) =>
      openSpan(name, { ...options, traceparent: '' }),
    );
    inTraces(other?.traces ?? [], () =>
      inTraces([...(asha?.traces ?? []), ...(ravi?.traces ?? [])], () => {
        for (const each of openParts(part)) each.end();
      }),
    );
    const parents = exporter.getFinishedSpans().map((each) => each.parentSpanContext?.spanId);
    expect(parents).toEqual([asha, ravi].map((each) => each?.traceparent.split('-')[2]));
    inTraces(other?.traces ?? [], () => inTraces([], () => expect(openParts(part)).toEqual([])));
  });

  it('is named by the lines of the log that are written in it', () => {
    const lines: Record<string, unknown>[] = [];
    const log = openLog({ destination: { write: (line) => lines.push(JSON.parse(line)) } });
    const span = openSpan('chat/Send', options);
    inTraces(span.traces, () => log.warn('traced'));
    log.warn('not traced');
    const [, trace_id, span_id] = span.traceparent.split('-');
    expect(lines[0]).toMatchObject({ msg: 'traced', trace_id, span_id });
    expect(Object.keys(lines[1] ?? {})).toEqual(['level', 'time', 'msg']);
  });
});
