import type { MethodDefinition } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { reasonRule } from '../../mesh/errors/reasons.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { talk } from '../../services/chat/testing/talk.ts';
import { arbitraryRequest, type Names } from './requests.ts';

const methods = [...loadApiFile().methods.values()].filter((method) => method.service === 'chat');
/** Rounds for each RPC, of requests sent at once. CIRCUIT_FUZZ_RUNS asks for more. */
const runs = Number(process.env.CIRCUIT_FUZZ_RUNS ?? 5);
const atOnce = 20;

/** Our fault, or nobody knows whose: what no request may bring about. */
const faults: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'DEADLINE_EXCEEDED', 'UNAVAILABLE']);

describe('random requests over plain gRPC', () => {
  it.each(methods)(
    'to $name get an answer or a reason',
    async (method) => {
      const { asha, pond, direct, ravi, chat, accountKey } = await talk();
      const sent = [await asha.send(pond, 'DO is 2.1'), await asha.send(pond, 'Fed')];
      const names: Names = {
        conversation_id: [pond, await direct(asha, ravi)],
        from_conversation_id: [pond],
        message_id: sent.map((message) => message.messageId),
        reply_to_message_id: sent.map((message) => message.messageId),
        user_key: [asha.key, ravi.key],
        participant_keys: [asha.key, ravi.key],
        user_keys: [asha.key, ravi.key],
        mentions: [ravi.key],
        account_key: [accountKey],
        topic: [`c:${pond}`, `u:${asha.key}`],
        emoji: ['👍', '🎉'],
      };
      const caller = method.callers.includes('user')
        ? chat.host.asUser({ userKey: asha.key, accountKey, displayName: asha.name })
        : chat.host.asService({ kind: 'domain_server', key: 'fish', accountKeys: [accountKey] });
      const rpc = rawMethod(method.name);
      const requests = fc.array(arbitraryRequest(method, names), { minLength: atOnce, maxLength: atOnce });

      await fc.assert(
        fc.asyncProperty(requests, async (round) => {
          const codes = round.map((request) => caller.call(rpc, request).then(() => 'OK', codeOf));
          for (const code of await Promise.all(codes)) expect(faults).not.toContain(code);
        }),
        { numRuns: runs },
      );
      // It lives, and answers others as before.
      expect((await ravi.call('listConversations')).nextPageToken).toBe('');
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
