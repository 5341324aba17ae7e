import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { App } from '../../edge/testing/app.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { type Talk, talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';
import { atOnce, faultsOf, rounds } from './limits.ts';
import { namesOf } from './names.ts';
import { callByProto } from './proto-calls.ts';
import { arbitraryData, arbitraryRequest, type Names } from './requests.ts';

/** All that an app may call, whoever answers: services, or the edge itself. */
const api = loadApiFile();
const methods = [...api.events.values()].filter(({ callers }) => callers.includes('user'));

let edge: ChatEdge | undefined;
afterAll(() => edge?.close());

async function start(protocol: string): Promise<{ opened: Talk; app: App; names: Names }> {
  const opened = await talk();
  edge ??= await openChatEdge(opened.chat);
  const { asha, accountKey } = opened;
  const app = await edge.app({ userKey: asha.key, accountKey, displayName: asha.name }, protocol);
  return { opened, app, names: await namesOf(opened) };
}

describe('random requests over a socket', () => {
  it.each(methods)(
    '$event get an answer or a reason',
    async (method) => {
      const { app, names } = await start('circuit.v1.json');
      await fc.assert(
        fc.asyncProperty(
          fc.array(arbitraryData(method, names), { minLength: atOnce, maxLength: atOnce }),
          async (round) => {
            const replies = await Promise.all(round.map((each) => app.call(method.event, each)));
            for (const reply of replies) {
              expect(typeof reply.ok).toBe('boolean');
              const { code } = (reply.error ?? {}) as { code?: string };
              expect(faultsOf(method)).not.toContain(code);
            }
          },
        ),
        { numRuns: rounds },
      );
      // The socket lives, and so does the service behind it.
      expect(await app.call('conversation.list')).toMatchObject({ ok: true });
      await app.close();
    },
    120_000,
  );

  it.each(methods)(
    '$event in binary frames get an answer or a reason',
    async (method) => {
      const { app, names } = await start('circuit.v1.proto');
      let id = 0;
      const request = arbitraryRequest(method, names);
      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: atOnce, maxLength: atOnce }), async (round) => {
          const replies = await Promise.all(round.map((bytes) => callByProto(app, ++id, method.event, bytes)));
          for (const { data, error } of replies) {
            expect(data === undefined).toBe(error !== undefined);
            expect(faultsOf(method)).not.toContain(error?.code);
            if (data !== undefined) expect(() => method.response.decodeJson(data)).not.toThrow();
          }
        }),
        { numRuns: rounds },
      );
      expect((await callByProto(app, ++id, 'conversation.list', new Uint8Array())).error).toBeUndefined();
      await app.close();
    },
    120_000,
  );

  it('frames of any shape end at worst their own socket', async () => {
    const opened = await talk();
    edge ??= await openChatEdge(opened.chat);
    const user = { userKey: opened.asha.key, accountKey: opened.accountKey, displayName: 'Asha' };
    const frame = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.record({
        id: fc.jsonValue(),
        event: fc.oneof(fc.string(), fc.constantFrom(...api.events.keys(), ...api.pushes.keys())),
        data: fc.jsonValue(),
      }),
      fc.constantFrom('['.repeat(20_000), '{"__proto__":{"x":1},"id":1,"event":"sync"}', '{"id":1e400}', '\u0000'),
    );
    const protocol = fc.constantFrom('circuit.v1.json', 'circuit.v1.proto');
    await fc.assert(
      fc.asyncProperty(protocol, fc.array(frame, { minLength: 1, maxLength: 10 }), async (spoken, frames) => {
        const app = await edge!.app(user, spoken);
        for (const each of frames) {
          if (app.socket.readyState !== app.socket.OPEN) break;
          app.socket.send(typeof each === 'string' || Buffer.isBuffer(each) ? each : JSON.stringify(each));
        }
        await app.close();
      }),
      { numRuns: rounds * 4 },
    );
    const app = await edge.app(user);
    expect(await app.call('conversation.list')).toMatchObject({ ok: true });
    await app.close();
  }, 120_000);
});
