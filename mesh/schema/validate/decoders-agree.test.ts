import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatServiceService } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { arbitraryBytes, mutatedBytes } from '../arbitrary.ts';
import { loadApiFile } from '../load-api.ts';

const readOptions = { readUnknownFields: false };

describe('a request that passes', { timeout: 60_000 }, () => {
  it('is read alike by ts-proto and @bufbuild/protobuf, however its bytes came about', () => {
    const api = loadApiFile();
    let passed = 0;
    for (const method of Object.values(ChatServiceService)) {
      const schema = api.methods.get(method.path.slice(1))!.request;
      const { desc } = schema.shape;
      fc.assert(
        fc.property(fc.oneof(arbitraryBytes(schema), mutatedBytes(schema)), (bytes) => {
          if (schema.validate(bytes).length > 0) return;
          passed++;
          const rewritten = toBinary(desc, fromBinary(desc, bytes, readOptions));
          expect(schema.validate(rewritten)).toEqual([]);
          expect(method.requestDeserialize(Buffer.from(bytes))).toEqual(
            method.requestDeserialize(Buffer.from(rewritten)),
          );
        }),
        { numRuns: 80 },
      );
    }
    expect(passed).toBeGreaterThan(500);
  });
});
