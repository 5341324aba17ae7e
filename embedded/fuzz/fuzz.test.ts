// Spoiled messages by the thousand: the store answers or closes that connection, and nobody else notices.

import { BSON } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { headerBytes } from '../wire/message.ts';
import { encodeCommand, openRawClient, type RawClient } from '../wire/raw-client.ts';
import { oddBytes, oddCommand, randomFrom } from './mutate.ts';

/** STORE_FUZZ_MESSAGES=1000000 for a long run; STORE_FUZZ_SEED to have one again. */
const messages = Number(process.env.STORE_FUZZ_MESSAGES ?? 6000);
const seed = Number(process.env.STORE_FUZZ_SEED ?? Date.now() % 1_000_000);
const pingId = 424_242;

let test: TestStore;
const faults: object[] = [];

beforeAll(async () => {
  test = await openTestStore({ log: (record) => faults.push(record) });
});

afterAll(() => test.close());

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
      const raw = await openRawClient(test.store.port);
      for (let i = 0; i < messages / 2; i++) {
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
    },
    messages * 50 + 20_000,
  );

  it(
    'with odd bytes are answered or end their own connection only',
    async () => {
      const random = randomFrom(seed + 1);
      let raw = await openRawClient(test.store.port);
      for (let i = 0; i < messages / 2; i++) {
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
      expect(await test.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
    },
    messages * 50 + 20_000,
  );
});
