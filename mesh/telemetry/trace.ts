// Spans through OpenTelemetry's API alone: where no SDK is loaded into the process they cost next to nothing, and the
// trace of the caller is still handed on. Context travels as W3C traceparent, in metadata, on Links and in frames.

import { context, type SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { SpanAttributes } from './names.ts';

export type OpenSpan = {
  /** What to hand on to whoever is called next; empty where there is no trace. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Ends it; with an error, as failed. Only the error's name is told: its message may quote a request. */
  end(error?: unknown): void;
};

export type SpanOptions = {
  readonly kind: SpanKind;
  /** The caller's trace context; empty: a new trace. */
  readonly traceparent: string;
  readonly attributes: SpanAttributes;
};

const shape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const tracer = trace.getTracer('circuit-mesh');

export function openSpan(name: string, options: SpanOptions): OpenSpan {
  const span = tracer.startSpan(
    name,
    { kind: options.kind, attributes: options.attributes },
    parentOf(options.traceparent),
  );
  if (!span.isRecording())
    return { traceparent: validOrEmpty(options.traceparent), set: ignore, end: () => span.end() };
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    set: (attributes) => {
      span.setAttributes(attributes);
    },
    end: (error) => {
      if (error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      }
      span.end();
    },
  };
}

function parentOf(traceparent: string) {
  const [, traceId, spanId, flags] = shape.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return context.active();
  const traceFlags = Number.parseInt(flags ?? '0', 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags, isRemote: true });
}

function validOrEmpty(traceparent: string): string {
  return shape.test(traceparent) ? traceparent : '';
}

function ignore(): void {}
