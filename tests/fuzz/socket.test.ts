import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { talk } from '../../services/chat/testing/talk.ts';
import { type ChatEdge, openChatEdge } from '../support/chat-edge.ts';
import { atOnce, faults, rounds } from './limits.ts';
import { namesOf } from './names.ts';
import { arbitraryData } from './requests.ts';

const methods = [...loadApiFile().methods.values()].filter(
  (method) => method.service === 'chat' && method.event !== '' && method.callers.includes('user'),
);

let edge: ChatEdge | undefined;
afterAll(() => edge?.close());

describe('random requests over a socket', () => {
  it.each(methods)(
    '$event get an answer or a reason',
    async (method) => {
      const opened = await talk();
      edge ??= await openChatEdge(opened.chat);
      const { asha, accountKey } = opened;
      const app = await edge.app({ userKey: asha.key, accountKey, displayName: asha.name });
      const data = arbitraryData(method, await namesOf(opened));

      await fc.assert(
        fc.asyncProperty(fc.array(data, { minLength: atOnce, maxLength: atOnce }), async (round) => {
          const replies = await Promise.all(round.map((each) => app.call(method.event, each)));
          for (const reply of replies) {
            expect(typeof reply.ok).toBe('boolean');
            const { code } = (reply.error ?? {}) as { code?: string };
            expect(faults).not.toContain(code);
          }
        }),
        { numRuns: rounds },
      );
      // The socket lives, and so does the service behind it.
      expect(await app.call('conversation.list')).toMatchObject({ ok: true });
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
        event: fc.oneof(fc.string(), fc.constant('message.send')),
        data: fc.jsonValue(),
      }),
      fc.constantFrom('['.repeat(20_000), '{"__proto__":{"x":1},"id":1,"event":"sync"}', '{"id":1e400}', '\u0000'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 10 }), async (frames) => {
        const app = await edge!.app(user);
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
