import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenRequest } from '../../gen/circuit/link/v1/link_service.ts';
import { type CallParts, type OpenRequestReader, readOpenRequest, writeCall } from './open-request.ts';
import { WireWriter } from './wire-writer.ts';

const nothing = () => {};

const deafToRequests: OpenRequestReader = {
  onSession: nothing,
  onTopicChange: nothing,
  onTopicsNumber: nothing,
  onCall: nothing,
  onCancel: nothing,
  onEndedSession: nothing,
};

const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
const call: fc.Arbitrary<CallParts> = fc.record({
  id: uint32,
  method: uint32,
  session: uint32,
  timeoutMs: uint32,
  request: bytes,
  traceparent: fc.string({ unit: 'binary', maxLength: 60 }),
});

describe('a batch from anybody', () => {
  it('holds the calls that were written, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
        const writer = new WireWriter();
        for (const each of calls) writeCall(writer, each);
        const batch = writer.take();
        const read: CallParts[] = [];
        readOpenRequest(batch, { ...deafToRequests, onCall: (each) => read.push(each) });
        expect(read).toEqual(calls.map((each) => ({ ...each, traceparent: Buffer.from(each.traceparent).toString() })));
        expect(OpenRequest.decode(batch).calls).toHaveLength(calls.length);
      }),
    );
  });

  it('is refused as malformed or read to its end, and never anything else', () => {
    const mutated = fc
      .tuple(fc.array(call, { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))))
      .map(([calls, changes]) => {
        const writer = new WireWriter();
        for (const each of calls) writeCall(writer, each);
        const batch = writer.take();
        for (const [at, value] of changes) batch[at % batch.length] = value;
        return batch;
      });
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (batch) => {
        try {
          readOpenRequest(batch, deafToRequests);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'MALFORMED_FRAME' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
