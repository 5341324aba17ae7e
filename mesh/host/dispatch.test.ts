import { SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CircuitError } from '../errors/circuit-error.ts';
import { refuse } from '../errors/refuse.ts';
import { Admission } from '../overload/admission.ts';
import type { Api } from '../schema/api.ts';
import type { Caller } from '../service/caller.ts';
import { openLog } from '../telemetry/log.ts';
import { refusalsAtOnce } from '../telemetry/refusal-log.ts';
import { type BoundMethod, bindMethods } from './bound-method.ts';
import { Dispatch, type IncomingCall } from './dispatch.ts';
import {
  type EchoHandler,
  echoApi,
  echoDefinition,
  echoMethods,
  echoService,
  encodeNote,
  note,
} from './testdata/echo.ts';

let api: Api;

beforeAll(async () => {
  ({ api } = await echoApi());
});

const edge: Caller = { kind: 'edge', key: 'edge' };

function open(say: EchoHandler) {
  const lines: string[] = [];
  const log = openLog({ level: 'debug', destination: { write: (line) => lines.push(line) } });
  const admission = new Admission({ log, metrics: undefined });
  onTestFinished(() => admission.close());
  const dispatch = new Dispatch({ log, clock: () => 5_000, admission });
  const { handlers } = echoService({ say });
  const method = bindMethods(api, { name: 'echo', definition: echoDefinition, handlers, state: 'its state' }).get(
    echoMethods.say,
  ) as BoundMethod;
  const call = (more: Partial<IncomingCall> = {}): IncomingCall => ({
    method,
    caller: edge,
    request: encodeNote(note('1')),
    timeoutMs: 1_000,
    traceparent: '',
    ...more,
  });
  const outcome = (more: Partial<IncomingCall> = {}) =>
    new Promise<CircuitError | undefined>((resolve) => dispatch.run(call(more), (error) => resolve(error)));
  return { dispatch, call, outcome, lines };
}

describe('the dispatch', () => {
  it('takes the first step of a handler before it returns', async () => {
    const order: string[] = [];
    const { dispatch, call } = open(async (request) => {
      order.push(request.text);
      return request;
    });
    dispatch.run(call({ request: encodeNote(note('1', 'one')) }), () => order.push('answered'));
    dispatch.run(call({ request: encodeNote(note('1', 'two')) }), () => order.push('answered'));
    expect(order).toEqual(['one', 'two']);
    await dispatch.whenIdle();
    expect(order).toEqual(['one', 'two', 'answered', 'answered']);
  });

  it('gives the handler its time, its deadline, its caller and its service', async () => {
    const seen: unknown[] = [];
    const { outcome } = open(async (request, { now, deadline, caller, service }) => {
      seen.push(now, deadline, caller, service);
      return request;
    });
    await outcome({ timeoutMs: Number.POSITIVE_INFINITY });
    // Never longer than the method's rule says: 5 s where it says nothing.
    expect(seen).toEqual([5_000, 10_000, edge, 'its state']);
  });

  it('tells of so many calls that the store failed, and no more, however long it is away', async () => {
    const { outcome, lines } = open(async () => {
      throw refuse('STORE_UNAVAILABLE');
    });
    for (let n = 0; n < refusalsAtOnce + 200; n++) await outcome();
    const told = lines.filter((line) => line.includes('a call failed for want of the store'));
    expect(told.length).toBeGreaterThanOrEqual(refusalsAtOnce);
    expect(told.length).toBeLessThan(refusalsAtOnce + 200);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ level: 'warn', reason: 'STORE_UNAVAILABLE' });
  });

  it('runs what was asked for the end, once, in success and in failure', async () => {
    for (const text of ['well', 'ill']) {
      const ends: string[] = [];
      const { outcome } = open(async (request, context) => {
        context.onEnd(() => ends.push('first'));
        context.onEnd(() => {
          throw new Error('no matter');
        });
        context.onEnd(() => ends.push('last'));
        if (text === 'ill') throw new Error('the pump is dry');
        return request;
      });
      await outcome();
      expect(ends).toEqual(['first', 'last']);
    }
  });

  it('aborts a signal that is asked for after the call was given up', async () => {
    let seen: AbortSignal | undefined;
    let proceed = () => {};
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const { dispatch, call } = open(async (request, context) => {
      await held;
      seen = context.signal;
      return request;
    });
    const running = dispatch.run(call(), () => {});
    running.abort('CANCELLED');
    proceed();
    await dispatch.whenIdle();
    expect(seen?.reason).toMatchObject({ reason: 'CANCELLED' });
  });

  it('tells who listens without a signal that a call is cancelled, or that its deadline is over', async () => {
    const heard: unknown[] = [];
    const { dispatch, call, outcome } = open(async (request, { abortable }) => {
      const stopped = () => heard.push('stopped');
      abortable.addEventListener('abort', stopped);
      await new Promise<void>((resolve) => {
        abortable.addEventListener('abort', resolve);
        abortable.removeEventListener('abort', stopped);
      });
      heard.push(abortable.reason);
      abortable.throwIfAborted();
      return request;
    });
    dispatch.run(call(), () => {}).abort('CANCELLED');
    await dispatch.whenIdle();
    expect(heard).toMatchObject([{ reason: 'CANCELLED' }]);
    expect(await outcome({ timeoutMs: 1 })).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('tells a fault in the log, once, by the id that the caller gets, and no words of the request', async () => {
    const { outcome, lines } = open(async () => {
      throw new Error('the pump is dry');
    });
    const error = await outcome({ request: encodeNote(note('1', 'a secret word')) });
    expect(error?.reason).toBe('INTERNAL');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(error?.details.metadata?.error_id);
    expect(lines[0]).toContain('the pump is dry');
    expect(lines[0]).not.toContain('secret word');
  });

  it('continues the trace of its caller, and hands its own part on', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    let handedOn = '';
    const { outcome } = open(async (_request, { traceparent }) => {
      handedOn = traceparent;
      throw refuse('NOT_A_MEMBER');
    });
    await outcome({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    trace.disable();
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: echoMethods.say, parentSpanContext: { spanId: 'b7ad6b7169203331' } });
    expect(span?.attributes).toMatchObject({ 'circuit.reason': 'NOT_A_MEMBER' });
    // Whom a call is refused is no fault of the service.
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(handedOn).toBe(`00-0af7651916cd43dd8448eb211c80319c-${span?.spanContext().spanId}-01`);
  });

  it('goes on when whoever takes an answer fails', async () => {
    const { dispatch, call, outcome } = open(async (request) => request);
    dispatch.run(call(), () => {
      throw new Error('gone');
    });
    expect(await outcome()).toBeUndefined();
    await dispatch.whenIdle();
    expect(dispatch.running).toBe(0);
  });
});
