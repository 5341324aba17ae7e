// Spoiled messages by the thousand: the store answers or closes that connection, and nobody else notices.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BSON } from 'bson';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cursorIdleMs } from '../commands/cursors.ts';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { headerBytes } from '../wire/message.ts';
import { encodeCommand, openRawClient, type RawClient } from '../wire/raw-client.ts';
import { oddBytes, oddCommand, randomFrom } from './mutate.ts';

/** NIGHTLY=1 sends them all; STORE_FUZZ_MESSAGES says another number, STORE_FUZZ_SEED has a run again. */
const messages = Number(process.env.STORE_FUZZ_MESSAGES ?? (process.env.NIGHTLY ? 1_000_000 : 6000));
const seed = Number(process.env.STORE_FUZZ_SEED ?? Date.now() % 1_000_000);
const pingId = 424_242;
/** What the store's process may hold more than after a tenth of the messages, in bytes. */
const growthMax = 32e6;

let test: TestStore;
const faults: object[] = [];
const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

beforeAll(async () => {
  test = await openTestStore({ log: (record) => faults.push(record) });
  await test.db.command({ ping: 1 });
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterAll(async () => {
  vi.useRealTimers();
  await test.close();
});

/** Nothing of what was sent is left: no connection but the driver's, no cursor, no memory that only grows. */
class Leaks {
  readonly connections = test.store.open().connections;
  private held = 0;

  /** Lets the time pass after which a cursor that nobody asks is closed, which the next to open one does. */
  async endCursors(): Promise<void> {
    vi.setSystemTime(Date.now() + cursorIdleMs + 1);
    const rows = test.db.collection('leaks');
    await rows.insertMany([{}, {}]);
    for await (const _ of rows.find({}, { batchSize: 1 }));
  }

  async measure(first: boolean): Promise<void> {
    await this.endCursors();
    collectGarbage();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const now = heapUsed + external + arrayBuffers;
    if (first) this.held = now;
    else expect(now - this.held).toBeLessThan(growthMax);
  }

  async expectNone(): Promise<void> {
    await this.measure(false);
    // A socket that was closed here is so there a turn later.
    for (let i = 0; i < 100 && test.store.open().connections > this.connections; i++)
      await test.db.command({ ping: 1 });
    expect(test.store.open()).toEqual({ connections: this.connections, cursors: 0, messageBytes: 0 });
  }
}

/** Sends bytes and then a ping; the answers up to the ping's, or undefined if the store closed. */
async function send(raw: RawClient, bytes: Buffer): Promise<Buffer[] | undefined> {
  raw.send(Buffer.concat([bytes, encodeCommand({ ping: 1, $db: 'admin' }, pingId)]));
  const answers: Buffer[] = [];
  for (;;) {
    const answer = await raw.next();
    if (answer === undefined) return undefined;
    if (answer.readInt32LE(8) === pingId) return answers;
    answers.push(answer);
  }
}

describe(`spoiled messages (seed ${seed})`, () => {
  it(
    'with odd values get an answer that is no fault of the store',
    async () => {
      const random = randomFrom(seed);
      const leaks = new Leaks();
      const raw = await openRawClient(test.store.port);
      for (let i = 0; i < messages / 2; i++) {
        if (i === messages / 20) await leaks.measure(true);
        if (i % 5000 === 4999) await leaks.endCursors();
        const command = oddCommand(random);
        let bytes: Buffer;
        try {
          bytes = encodeCommand(command);
        } catch {
          continue; // The encoder itself refuses names with NULs and dates that are none.
        }
        const answers = await send(raw, bytes);
        expect(faults, JSON.stringify(command)).toEqual([]);
        expect(answers?.length, JSON.stringify(command)).toBe(1);
        expect(BSON.deserialize(answers![0]!.subarray(headerBytes + 5), { bsonRegExp: true }).ok).toBeTypeOf('number');
      }
      raw.close();
      await leaks.expectNone();
    },
    messages * 50 + 20_000,
  );

  it(
    'with odd bytes are answered or end their own connection only',
    async () => {
      const random = randomFrom(seed + 1);
      const leaks = new Leaks();
      let raw = await openRawClient(test.store.port);
      for (let i = 0; i < messages / 2; i++) {
        if (i === messages / 20) await leaks.measure(true);
        if (i % 5000 === 4999) await leaks.endCursors();
        const bytes = oddBytes(random);
        const whole = bytes.readInt32LE(0) === bytes.length;
        if (!whole) {
          // The store now waits for a rest that never comes.
          raw.send(bytes);
          raw.close();
        }
        if (!whole || (await send(raw, bytes)) === undefined) {
          raw.close();
          raw = await openRawClient(test.store.port);
        }
        expect(faults, bytes.toString('hex')).toEqual([]);
      }
      raw.close();
      await leaks.expectNone();
    },
    messages * 50 + 20_000,
  );
});
