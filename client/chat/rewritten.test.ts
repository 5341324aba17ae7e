import { describe, expect, it } from 'vitest';
import type { Message } from '../../gen/json/api.ts';
import { localError } from '../call-error.ts';
import { StandingClock } from '../testing/clocks.ts';
import { asha, ravi, talk, text, texts, when } from '../testing/talk.ts';
import { wholeMessage } from '../testing/whole.ts';
import { Rewritten } from './rewritten.ts';

function opened(get: (messageId: string) => Promise<Message>) {
  const clock = new StandingClock();
  const taken: string[] = [];
  let overflows = 0;
  const rewritten = new Rewritten({
    clock,
    get,
    holds: (messageId) => messageId !== 'elsewhere',
    take: ({ message_id }) => taken.push(message_id),
    overflow: () => {
      overflows += 1;
    },
  });
  return { clock, taken, rewritten, overflows: () => overflows };
}

/** Lets what was promised happen. */
const settled = () => new Promise(setImmediate);

describe('a message that was edited without a word', () => {
  it('is read again, and shows what it says now, in the list, too', async () => {
    await using mesh = await talk();
    const { view: writer } = await mesh.join(asha);
    const { view: reader } = await mesh.join(ravi);
    const { message_id } = await writer.send(text('DO is 3.1')).stored;
    await when(reader, () => texts(reader).length === 1);
    mesh.edge.chat.withholds = true;
    await writer.edit(message_id, text('DO is 2.1').content);
    expect(texts(writer)).toEqual(['DO is 2.1']);
    await reader.react(message_id, '🐟', true);
    await when(reader, () => texts(reader)[0] === 'DO is 2.1');
    expect(reader.summary?.last_message?.content_preview).toBe('DO is 2.1');
    await when(reader, () => reader.messages.some(({ reactions }) => reactions?.length === 1));
  });

  it('is asked for once for many edits, not at once, and only where it is held', async () => {
    const asked: string[] = [];
    const { clock, rewritten } = opened(async (message_id) => {
      asked.push(message_id);
      return wholeMessage({ message_id });
    });
    clock.chance = 0.5;
    for (const id of ['7', '7', 'elsewhere', '8', '7']) rewritten.add(id);
    clock.move(999);
    expect(asked).toEqual([]);
    clock.move(1);
    await settled();
    expect(asked).toEqual(['7', '8']);
  });

  it('is asked for again after a failure that passes, and not after a refusal', async () => {
    const errors = [localError('TIMED_OUT'), localError('CLIENT_CLOSED')];
    let asked = 0;
    const { clock, rewritten, taken } = opened(async () => {
      asked += 1;
      throw errors.shift();
    });
    rewritten.add('7');
    for (let round = 0; round < 4; round += 1) {
      clock.move(2_000);
      await settled();
    }
    expect([asked, taken]).toEqual([2, []]);
  });

  it('is one of too many: then everything is read anew', async () => {
    let asked = 0;
    const { clock, rewritten, overflows } = opened(async (message_id) => {
      asked += 1;
      return wholeMessage({ message_id });
    });
    for (let id = 0; id <= 50; id += 1) rewritten.add(`${id}`);
    clock.move(10_000);
    await settled();
    expect([overflows(), asked]).toEqual([1, 0]);
  });
});
