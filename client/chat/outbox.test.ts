import { describe, expect, it } from 'vitest';
import type { Message, SendMessageRequest } from '../../gen/json/api.ts';
import { CallError, localError } from '../call-error.ts';
import { StandingClock } from '../testing/clocks.ts';
import { wholeMessage } from '../testing/whole.ts';
import { Outbox, outboxMax } from './outbox.ts';
import type { OutboxStore, StoredSend } from './outbox-store.ts';

const pond = '000000000042';
const words = (text: string) => ({ content: { type: 'text' as const, text } });
const textOf = ({ send }: { send: StoredSend }) => send.message.content?.text;
/** Lets what was promised happen. */
const settled = () => new Promise(setImmediate);

/** A store that gives back the newest first, when the test lets it. */
function keptMessages() {
  const items = new Map<string, StoredSend>();
  let read: Promise<void> = Promise.resolve();
  const store: OutboxStore = {
    all: async () => {
      await read;
      return structuredClone([...items.values()].reverse());
    },
    put: async (send) => void items.set(send.clientMessageId, structuredClone(send)),
    remove: async (id) => void items.delete(id),
  };
  const holdReads = (): (() => void) => {
    let go = (): void => undefined;
    read = new Promise((resolve) => {
      go = resolve;
    });
    return go;
  };
  return { items, store, holdReads };
}

type Far = { attached: boolean; answer: (request: SendMessageRequest) => Promise<Message> };

/** An outbox, what it sent, and the far end in the test's hand. */
function open(store?: OutboxStore, clock = new StandingClock(), far: Partial<Far> = {}) {
  const end: Far = { attached: false, answer: async () => wholeMessage(), ...far };
  const sent: (string | undefined)[] = [];
  const outbox = new Outbox({
    clock,
    store,
    attached: () => end.attached,
    send: (request) => {
      sent.push(request.content?.text);
      return end.answer(request);
    },
    changed: () => undefined,
    stored: () => undefined,
  });
  const attach = async () => {
    end.attached = true;
    outbox.attached();
    await settled();
  };
  const pending = () => outbox.pending(pond).map(textOf);
  return { outbox, clock, sent, attach, pending, far: end };
}

describe('an outbox', () => {
  it('sends in the order of writing what was written in one millisecond before a restart', async () => {
    const { store } = keptMessages();
    const written = Array.from({ length: 5 }, (_, index) => `${index}`);
    const { outbox } = open(store);
    for (const each of written) outbox.add(pond, words(each));
    const { sent, attach } = open(store);
    await settled();
    await attach();
    expect(sent).toEqual(written);
  });

  it('sends behind the old ones what is written while they are read, also after one more restart', async () => {
    const { store, holdReads } = keptMessages();
    const clock = new StandingClock();
    open(store, clock).outbox.add(pond, words('old'));
    // The battery of the clock is empty: the next start is a day earlier.
    const earlier = new StandingClock();
    clock.move(24 * 3_600_000);
    open(store, clock).outbox.add(pond, words('a day later'));
    await settled();
    const go = holdReads();
    const { outbox, attach, sent, pending } = open(store, earlier, {
      answer: () => new Promise(() => undefined),
    });
    outbox.add(pond, words('new'));
    await attach();
    expect(sent).toEqual([]);
    expect(pending()).toEqual(['new']);
    go();
    await settled();
    expect(pending()).toEqual(['old', 'a day later', 'new']);
    outbox.close();
    const again = open(store, earlier);
    await settled();
    expect(again.pending()).toEqual(['old', 'a day later', 'new']);
  });

  it('does not bring back what was discarded while a slow store read it', async () => {
    const { store, items } = keptMessages();
    let answer = (_read: readonly StoredSend[]): void => undefined;
    const all = () =>
      new Promise<readonly StoredSend[]>((resolve) => {
        answer = resolve;
      });
    const { outbox, attach, pending, sent } = open({ ...store, all });
    const { clientMessageId } = outbox.add(pond, words('a slip'));
    outbox.add(pond, words('feed is in'));
    const read = structuredClone([...items.values()]);
    outbox.discard(pond, clientMessageId);
    answer(read);
    await settled();
    expect(pending()).toEqual(['feed is in']);
    await attach();
    expect(sent).toEqual(['feed is in']);
    expect(items.size).toBe(0);
  });

  it('sends without a store that throws, at once or later, or never answers', async () => {
    const fail = (): never => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
    const later = () => Promise.reject(new Error('blocked'));
    const never = () => new Promise<never>(() => undefined);
    for (const verb of [fail, later, never]) {
      const clock = new StandingClock();
      const { outbox, attach, sent } = open({ all: verb, put: verb, remove: verb }, clock);
      const { stored } = outbox.add(pond, words('feed is in'));
      await settled();
      clock.move(5_000);
      await attach();
      expect(sent).toEqual(['feed is in']);
      await stored;
    }
  });

  it('refuses one more than its bound; what another page kept is sent on top of it, before anything new', async () => {
    const { store } = keptMessages();
    for (const { outbox } of [open(store), open(store)]) {
      for (let count = 0; count < outboxMax; count += 1) outbox.add(pond, words(`${count}`));
      expect(() => outbox.add(pond, words('one more'))).toThrow(localError('OUTBOX_FULL'));
    }
    const { pending, attach, sent, outbox: next } = open(store);
    await settled();
    expect(pending()).toHaveLength(2 * outboxMax);
    expect(() => next.add(pond, words('one more'))).toThrow(localError('OUTBOX_FULL'));
    await attach();
    expect(sent).toHaveLength(2 * outboxMax);
    next.add(pond, words('room again'));
  });

  it('keeps over a restart that one was refused, and why, until the user tries again', async () => {
    const { store, items } = keptMessages();
    const refusal = new CallError({ code: 'PERMISSION_DENIED', reason: 'ONLY_ADMINS_CAN_SEND', message: 'No.' });
    const first = open(store, undefined, { attached: true, answer: () => Promise.reject(refusal) });
    await settled();
    await expect(first.outbox.add(pond, words('one')).stored).rejects.toBe(refusal);
    await settled();
    first.outbox.close();

    const next = open(store);
    next.outbox.add(pond, words('two'));
    await settled();
    await next.attach();
    expect(next.sent).toEqual(['two']);
    const [failed] = next.outbox.pending(pond);
    expect(failed).toMatchObject({ state: 'failed', error: { reason: 'ONLY_ADMINS_CAN_SEND', message: 'No.' } });
    next.outbox.retry(pond, failed?.send.clientMessageId ?? '');
    await settled();
    expect(next.sent).toEqual(['two', 'one']);
    expect(items.size).toBe(0);
  });

  it('sends what was written, though the app clears its form at once', async () => {
    const { outbox, attach, sent } = open();
    const form = words('aerator on');
    outbox.add(pond, form);
    form.content.text = '';
    await attach();
    expect(sent).toEqual(['aerator on']);
  });

  it('takes nothing more once the client was closed', async () => {
    const { outbox } = open();
    const { stored } = outbox.add(pond, words('one'));
    outbox.close();
    await expect(stored).rejects.toMatchObject({ reason: 'CLIENT_CLOSED' });
    expect(() => outbox.add(pond, words('two'))).toThrow(localError('CLIENT_CLOSED'));
  });
});
