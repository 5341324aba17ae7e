import type { MethodDefinition } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { reasonRule } from '../../mesh/errors/reasons.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { talk } from '../../services/chat/testing/talk.ts';
import { atOnce, faultsOf, rounds } from './limits.ts';
import { callersOf, namesOf } from './names.ts';
import { arbitraryRequest } from './requests.ts';

/** All that a process of chat serves: not what the edge itself answers; streams have a test of their own. */
const methods = [...loadApiFile().methods.values()]
  .filter(({ name, streaming }) => !streaming && !name.startsWith('circuit.socket.'))
  .map((method) => [method.name.split('/')[1], method] as const);

describe('random requests over plain gRPC', () => {
  it.each(methods)(
    'to %s get an answer or a reason',
    async (_name, method) => {
      const opened = await talk();
      const { host } = opened.chat;
      const callers = callersOf(method, opened);
      expect(callers).not.toEqual([]);
      const asking = callers.map((who) => ('kind' in who ? host.asService(who) : host.asUser(who)));
      const rpc = rawMethod(method.name);
      const request = arbitraryRequest(method, await namesOf(opened));

      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: atOnce, maxLength: atOnce }), async (round) => {
          const codes = asking.flatMap((caller) =>
            round.map((bytes) => caller.call(rpc, bytes).then(() => 'OK', codeOf)),
          );
          for (const code of await Promise.all(codes)) expect(faultsOf(method)).not.toContain(code);
        }),
        { numRuns: rounds },
      );
      // It lives, and answers others as before.
      expect((await opened.ravi.call('listConversations')).nextPageToken).toBe('');
    },
    120_000,
  );
});

function codeOf(error: unknown): string {
  if (!(error instanceof CircuitError)) throw error;
  return reasonRule(error.reason).code;
}

/** Bytes as they are, both ways. */
function rawMethod(name: string): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes) => Buffer.from(bytes),
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => Buffer.from(bytes),
    responseDeserialize: (bytes) => bytes,
  };
}
