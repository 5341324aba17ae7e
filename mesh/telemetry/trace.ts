// Spans through OpenTelemetry's API alone: where no SDK is loaded into the process they cost next to nothing, and the
// trace of the caller is still handed on. Between processes context travels as W3C traceparent, in metadata, on Links
// and with events; inside a process the SDK's context manager carries it.

import {
  type Context,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { CircuitError } from '../errors/circuit-error.ts';
import { type CodeName, reasonRule } from '../errors/reasons.ts';
import type { SpanAttributes } from './names.ts';

/** A request's place in its trace, to be kept by what works for several requests at once. */
export type Trace = Context;

export type OpenSpan = {
  /** What to hand on to whoever is called next in another process; empty where there is no trace. */
  readonly traceparent: string;
  /** Empty where it is not sampled. */
  readonly traces: readonly Trace[];
  set(attributes: SpanAttributes): void;
  /** Ends it; with an error, as refused or failed. Only its reason or name is told: its message may quote a request. */
  end(error?: unknown): void;
};

export type SpanOptions = {
  readonly kind: SpanKind;
  /** The caller's trace context; empty: a new trace. */
  readonly traceparent: string;
  readonly attributes: SpanAttributes;
};

export type Part = { readonly name: string; readonly kind: SpanKind; readonly attributes: SpanAttributes };

const shape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const tracer = trace.getTracer('circuit-mesh');
const none: readonly never[] = [];
/** Under it stand the traces of all requests that a piece of work serves, where these are several. */
const sharers = createContextKey('requests that share the work');
/** Codes that are a server's fault, and not what its caller asked for. */
const faults: ReadonlySet<CodeName> = new Set(['DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE']);

/** A span of its own in the caller's trace, or in a new one. */
export function openSpan(name: string, options: SpanOptions): OpenSpan {
  const { kind, attributes, traceparent } = options;
  const parent = parentOf(traceparent);
  const span = tracer.startSpan(name, { kind, attributes }, parent);
  if (span.isRecording()) return opened(span, parent);
  return { traceparent: parent === ROOT_CONTEXT ? '' : traceparent, traces: none, set: ignore, end: () => span.end() };
}

/** The span of a part of what is under way; undefined where that is not traced, or is over: then nothing is asked. */
export function openPart(describe: () => Part): OpenSpan | undefined {
  return openParts(describe)[0];
}

/** The same for each request that is served by what is under way. */
export function openParts(describe: () => Part): readonly OpenSpan[] {
  const traces = tracesAround();
  if (traces.length === 0) return none;
  const { name, kind, attributes } = describe();
  return traces.map((around) => opened(tracer.startSpan(name, { kind, attributes }, around), around));
}

/** The traces of the requests that are served by what is under way; nearly always none. */
export function tracesAround(): readonly Trace[] {
  const active = context.active();
  if (active === ROOT_CONTEXT) return none;
  const all = (active.getValue(sharers) as readonly Trace[] | undefined) ?? [active];
  return all.filter((each) => trace.getSpan(each)?.isRecording() === true);
}

/** Does work for these requests and no others: their spans are the parents of what it opens, now and later. */
export function inTraces<Result>(traces: readonly Trace[], work: () => Result): Result {
  const [first = ROOT_CONTEXT] = traces;
  // Before the first sampled request a context manager costs a process nothing.
  if (first === ROOT_CONTEXT && context.active() === ROOT_CONTEXT) return work();
  return context.with(traces.length > 1 ? ROOT_CONTEXT.setValue(sharers, traces) : first, work);
}

/** All of those that these pieces of work are done for. */
export function tracesOf(works: Iterable<{ readonly traces: readonly Trace[] }>): readonly Trace[] {
  let all: Trace[] | undefined;
  for (const { traces } of works) {
    if (traces.length === 0) continue;
    all ??= [];
    all.push(...traces);
  }
  return all ?? none;
}

/** What a log line says of the sampled trace that led to it, be that over or not. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const active = context.active();
  const [first = active] = (active.getValue(sharers) as readonly Trace[] | undefined) ?? none;
  const ids = trace.getSpanContext(first);
  if (ids === undefined || (ids.traceFlags & TraceFlags.SAMPLED) === 0) return {};
  return { trace_id: ids.traceId, span_id: ids.spanId };
}

function opened(span: Span, parent: Context): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    traces: [trace.setSpan(parent, span)],
    set: (attributes) => {
      span.setAttributes(attributes);
    },
    end: (error) => {
      if (error !== undefined) tell(span, error);
      span.end();
    },
  };
}

function tell(span: Span, error: unknown): void {
  if (!(error instanceof CircuitError)) {
    const name = error instanceof Error ? error.name : 'error';
    span.setAttribute('error.type', name).setStatus({ code: SpanStatusCode.ERROR, message: name });
    return;
  }
  const { code } = reasonRule(error.reason);
  span.setAttributes({ 'circuit.reason': error.reason, 'rpc.response.status_code': code });
  if (!faults.has(code)) return;
  span.setAttribute('error.type', error.reason).setStatus({ code: SpanStatusCode.ERROR, message: error.reason });
}

function parentOf(traceparent: string): Context {
  const [, traceId, spanId, flags] = shape.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags ?? '0', 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function ignore(): void {}
