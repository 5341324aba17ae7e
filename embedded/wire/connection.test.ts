// What a connection does with bytes that are no message, and with a client that does not read.
import { BSON } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { headerBytes, messageBytesMax } from './message.ts';
import { encodeCommand, openRawClient, type RawClient } from './raw-client.ts';

let test: TestStore;
beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());

async function withClient(use: (raw: RawClient) => Promise<void>): Promise<void> {
  const raw = await openRawClient(test.store.port);
  try {
    await use(raw);
  } finally {
    raw.close();
    expect(await test.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  }
}

const ping = encodeCommand({ ping: 1, $db: 'admin' }, 9);

describe('a connection', () => {
  it('puts a message together from single bytes, and takes two at once apart', () =>
    withClient(async (raw) => {
      for (const byte of ping) raw.send(Buffer.from([byte]));
      expect((await raw.next())?.readInt32LE(8)).toBe(9);
      raw.send(Buffer.concat([ping, ping]));
      expect((await raw.next())?.readInt32LE(8)).toBe(9);
      expect((await raw.next())?.readInt32LE(8)).toBe(9);
    }));

  for (const length of [0, 15, -1, messageBytesMax + 1, 0x7fff_ffff]) {
    it(`is closed at a length of ${length}`, () =>
      withClient(async (raw) => {
        const bytes = Buffer.from(ping);
        bytes.writeInt32LE(length, 0);
        raw.send(bytes);
        expect(await raw.next()).toBeUndefined();
      }));
  }

  it('is closed at a compressed message, which was never agreed on', () =>
    withClient(async (raw) => {
      const bytes = Buffer.from(ping);
      bytes.writeInt32LE(2012, 12);
      raw.send(bytes);
      expect(await raw.next()).toBeUndefined();
    }));

  it('reads over a checksum', () =>
    withClient(async (raw) => {
      const bytes = Buffer.concat([ping, Buffer.alloc(4)]);
      bytes.writeInt32LE(bytes.length, 0);
      bytes.writeUInt32LE(1, headerBytes);
      raw.send(bytes);
      expect(BSON.deserialize((await raw.next())!.subarray(headerBytes + 5)).ok).toBe(1);
    }));

  it('gets an error for a body that is no BSON, and goes on', () =>
    withClient(async (raw) => {
      const bytes = Buffer.from(ping);
      bytes[headerBytes + 5 + 4] = 0x55;
      raw.send(bytes);
      expect(BSON.deserialize((await raw.next())!.subarray(headerBytes + 5))).toMatchObject({ ok: 0, code: 22 });
      expect(await raw.command({ ping: 1, $db: 'admin' })).toMatchObject({ ok: 1 });
    }));

  it('answers nothing to who wants no answer', () =>
    withClient(async (raw) => {
      const silent = encodeCommand({ insert: 'silent', documents: [{ _id: 1 }], $db: 't' }, 8);
      silent.writeUInt32LE(2, headerBytes);
      raw.send(Buffer.concat([silent, ping]));
      expect((await raw.next())?.readInt32LE(8)).toBe(9);
      expect(await test.db.collection('silent').countDocuments({})).toBe(1);
    }));

  it('that is not read from is not served on, and others are', () =>
    withClient(async (raw) => {
      await test.db.collection('wide').insertMany(Array.from({ length: 10 }, () => ({ text: 'x'.repeat(100_000) })));
      const before = process.memoryUsage().arrayBuffers;
      raw.socket.pause();
      const find = encodeCommand({ find: 'wide', singleBatch: true, $db: 't' }, 5);
      for (let i = 0; i < 50; i++) raw.send(find);
      for (let i = 0; i < 5; i++) expect(await test.db.collection('wide').countDocuments({})).toBe(10);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(25e6);
      raw.socket.resume();
      for (let i = 0; i < 50; i++) expect((await raw.next())?.readInt32LE(8)).toBe(5);
    }));
});
