import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Metadata } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasons } from '../../gen/reasons.ts';
import { CircuitError } from './circuit-error.ts';
import { coerce } from './coerce.ts';
import { fromGrpcError, toGrpcStatus } from './grpc-error.ts';
import { errorJson, problem } from './problem.ts';
import { codes, isReason, type Reason, reasonByNumber, reasonRule } from './reasons.ts';
import { refuse } from './refuse.ts';
import { decodeStatus, encodeStatus } from './status.ts';

const names = Object.keys(reasons) as Reason[];

describe('reasons', () => {
  it('are exactly those of the descriptor', () => {
    const set = fromBinary(FileDescriptorSetSchema, readFileSync('gen/descriptors.binpb'));
    const described = createFileRegistry(set).getEnum('circuit.errors.v1.Reason')!;
    expect(names.map((name) => [`REASON_${name}`, reasonRule(name).number])).toEqual(
      described.values.filter((value) => value.number > 0).map((value) => [value.name, value.number]),
    );
  });
  it('each have a code of gRPC and one sentence', () => {
    for (const name of names) {
      const rule = reasonRule(name);
      expect(codes[rule.code], name).toBeGreaterThan(0);
      expect(rule.message, name).toMatch(/\.$/);
      expect(reasonByNumber(rule.number)).toBe(name);
    }
    expect(isReason('toString')).toBe(false);
    expect(isReason('UNSPECIFIED')).toBe(false);
  });
});

describe('a status on the wire', () => {
  const details = fc.record(
    {
      retryAfterMs: fc.integer({ min: 1, max: 1e9 }),
      violations: fc.array(fc.record({ field: word(), description: word() }), { minLength: 1, maxLength: 20 }),
      metadata: fc.dictionary(word(), word(), { minKeys: 1, maxKeys: 5 }),
    },
    { requiredKeys: [] },
  );
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), details, (reason, given) => {
        const error = refuse(reason, given);
        const back = fromGrpcError(toGrpcStatus(error));
        expect({ ...back.details }).toEqual(JSON.parse(JSON.stringify(given)));
        expect([back.reason, back.message]).toEqual([reason, error.message]);
      }),
    );
  });
  it('never exceeds 6 KiB, whatever the details', () => {
    const violations = Array.from({ length: 500 }, (_, i) => ({
      field: `f${i}`.repeat(50),
      description: 'é'.repeat(300),
    }));
    const metadata = Object.fromEntries(violations.map(({ field, description }) => [field, description]));
    const bytes = encodeStatus(
      new CircuitError('INVALID_REQUEST', 'm'.repeat(99_999), { violations, metadata, retryAfterMs: 5 }),
    );
    expect(bytes.length).toBeLessThanOrEqual(6 * 1024);
    expect(decodeStatus(3, 'x', bytes).details.violations?.length).toBeGreaterThan(1);
  });
  it('without details is what the bare code says, and so is a reason of a newer peer or nonsense', () => {
    expect(decodeStatus(14, 'gone', undefined)).toMatchObject({ reason: 'UNAVAILABLE', message: 'gone' });
    const newer = encodeStatus(new CircuitError('NOT_A_MEMBER' as Reason, 'x'));
    const text = Buffer.from(newer).toString('latin1').replace('NOT_A_MEMBER', 'NOT_A_MEMBEX');
    expect(decodeStatus(7, 'x', Buffer.from(text, 'latin1')).reason).toBe('CALLER_NOT_ALLOWED');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeStatus(5, 'x', bytes).reason === 'NOT_FOUND'),
    );
  });
  it('is coerced where no status was thrown', () => {
    expect(fromGrpcError(new TypeError('x')).reason).toBe('INTERNAL');
    expect(fromGrpcError({ code: 4, details: 'late', metadata: new Metadata() }).reason).toBe('DEADLINE_EXCEEDED');
  });
});

describe('coerce', () => {
  it('tells a cancel from a deadline', () => {
    expect(coerce(new DOMException('x', 'AbortError')).reason).toBe('CANCELLED');
    expect(coerce(new DOMException('x', 'AbortError'), { deadlineOver: true }).reason).toBe('DEADLINE_EXCEEDED');
    expect(coerce(AbortSignal.abort(new DOMException('x', 'TimeoutError')).reason).reason).toBe('DEADLINE_EXCEEDED');
  });
  it('knows a store that is away', () => {
    const error = (name: string, more: object = {}) => Object.assign(new Error('x'), { name, ...more });
    expect(coerce(error('MongoServerSelectionError')).reason).toBe('STORE_UNAVAILABLE');
    expect(coerce(error('MongoServerError', { code: 10107 })).reason).toBe('STORE_UNAVAILABLE');
    expect(coerce(error('MongoBulkWriteError')).reason).toBe('STORE_UNAVAILABLE');
    expect(coerce(error('MongoBulkWriteError', { code: 11000 })).reason).toBe('INTERNAL');
    expect(coerce(error('MongoServerError', { code: 50 })).reason).toBe('DEADLINE_EXCEEDED');
    expect(coerce(error('MongoServerError', { code: 11000 })).reason).toBe('INTERNAL');
    expect(coerce(error('SomeOtherError', { code: 10107 })).reason).toBe('INTERNAL');
  });
  it('gives what nobody foresaw an id, and keeps its cause inside', () => {
    const error = coerce(new Error('password=hunter2'), { id: () => 'e1' });
    expect(errorJson(error)).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL', metadata: { error_id: 'e1' } });
    expect(problem(error).body + Buffer.from(encodeStatus(error))).not.toContain('hunter2');
    expect(error.cause).toBeInstanceOf(Error);
  });
  it('never throws, whatever was thrown', () => {
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    for (const thrown of [undefined, null, 0, 'x', Symbol('x'), trap, Object.create(null)]) {
      expect(coerce(thrown).reason).toBe('INTERNAL');
    }
  });
});

describe('towards apps', () => {
  it('says when to try again and which fields are wrong', () => {
    const violations = [{ field: 'content.text', description: 'is required' }];
    const error = refuse('INVALID_REQUEST', { violations, retryAfterMs: 1500 });
    const answer = problem(error);
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'Retry-After': '2', 'Content-Type': 'application/problem+json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 400,
      reason: 'INVALID_REQUEST',
      retry_after_ms: 1500,
      violations,
    });
  });
  it('has an HTTP status of its own where HTTP knows the reason', () => {
    expect(problem(refuse('METHOD_NOT_ALLOWED'), { Allow: 'GET, POST' })).toMatchObject({
      status: 405,
      headers: { Allow: 'GET, POST' },
    });
    expect(problem(refuse('TOO_LARGE')).status).toBe(413);
    expect(problem(refuse('NOT_SIGNED_IN'))).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
  });
});

function word() {
  return fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
}
