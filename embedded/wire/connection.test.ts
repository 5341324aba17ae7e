// What a connection does with bytes that are no message, and with a client that does not read.
import { type AddressInfo, createServer } from 'node:net';
import { BSON } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { Connection } from './connection.ts';
import { crc32c } from './crc32c.ts';
import { headerBytes, messageBytesMax, opCode } from './message.ts';
import { encodeCommand, openRawClient, type RawClient } from './raw-client.ts';

let test: TestStore;
beforeAll(async () => {
  test = await openTestStore({ enableTestCommands: true });
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

  const withChecksum = (sum: (bytes: Buffer) => number) => {
    const bytes = Buffer.concat([ping, Buffer.alloc(4)]);
    bytes.writeInt32LE(bytes.length, 0);
    bytes.writeUInt32LE(1, headerBytes);
    bytes.writeUInt32LE(sum(bytes.subarray(0, -4)), ping.length);
    return bytes;
  };

  it('is answered to a checksum that is right, and closed at one that is wrong', () =>
    withClient(async (raw) => {
      expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
      raw.send(withChecksum(crc32c));
      expect(BSON.deserialize((await raw.next())!.subarray(headerBytes + 5)).ok).toBe(1);
      raw.send(withChecksum((bytes) => (crc32c(bytes) ^ 1) >>> 0));
      expect(await raw.next()).toBeUndefined();
    }));

  const inOldForm = (command: object) => {
    const name = Buffer.from('t.$cmd\0');
    const head = Buffer.alloc(headerBytes + 4 + name.length + 8);
    const bytes = Buffer.concat([head, BSON.serialize(command)]);
    bytes.writeInt32LE(bytes.length, 0);
    bytes.writeInt32LE(opCode.query, 12);
    name.copy(bytes, headerBytes + 4);
    return bytes;
  };

  it('may greet in the old form, and ask nothing else in it', () =>
    withClient(async (raw) => {
      const answers = [];
      for (const command of [{ isMaster: 1 }, { insert: 'old', documents: [{ _id: 1 }] }]) {
        raw.send(inOldForm(command));
        answers.push(BSON.deserialize((await raw.next())!.subarray(headerBytes + 20)));
      }
      expect(answers).toMatchObject([
        { ok: 1, ismaster: true },
        { ok: 0, code: 352, codeName: 'UnsupportedOpQueryCommand' },
      ]);
      for (const name of ['t', 'admin']) {
        expect(await test.client.db(name).collection('old').countDocuments({})).toBe(0);
      }
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

  it('that is not read from does not keep the store from ending', async () => {
    const other = await openTestStore();
    await other.db.collection('wide').insertMany(Array.from({ length: 10 }, () => ({ text: 'x'.repeat(1_000_000) })));
    const raw = await openRawClient(other.store.port);
    raw.socket.pause();
    raw.send(encodeCommand({ find: 'wide', singleBatch: true, $db: 't' }, 5));
    expect(await other.db.collection('wide').countDocuments({})).toBe(10);
    await other.close();
    raw.close();
  });

  it('that sends ahead of a slow command is read no further than a message', () =>
    withClient(async (raw) => {
      const data = { failCommands: ['ping'], blockConnection: true, blockTimeMS: 60_000, appName: 'slow' };
      await raw.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data, $db: 'admin' });
      await raw.command({ hello: 1, client: { application: { name: 'slow' } }, $db: 'admin' });
      raw.send(ping);
      const wide = encodeCommand({ ping: 1, $db: 'admin', filler: Buffer.alloc(8_000_000) });
      const sent = 20 * wide.length;
      for (let i = 0; i < 20; i++) raw.send(wide);
      const read = () => sent - raw.socket.writableLength;
      // What the store does not read stays here, but for what the kernel holds between.
      for (let calm = 0, before = -1; calm < 5; calm = read() === before ? calm + 1 : 0) {
        before = read();
        expect(await test.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
      }
      expect(read()).toBeLessThan(4 * wide.length);
    }));
});

describe('connections together', () => {
  it('hold so many bytes; who brings more is closed, and what is answered or gone makes room', async () => {
    const held = { bytes: 0, bytesMax: 300_000 };
    const server = createServer((socket) => {
      new Connection(
        socket,
        () => Promise.resolve({ ok: 1 }),
        () => messageBytesMax,
        held,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const wide = encodeCommand({ ping: 1, $db: 'admin', filler: Buffer.alloc(140_000) }, 9);
    const clients = await Promise.all([1, 2, 3, 4].map(() => openRawClient(port)));
    const [first, second, third, other] = clients as [RawClient, RawClient, RawClient, RawClient];
    for (const client of [first, second, third]) client.send(wide.subarray(0, -1));
    // The last to bring its bytes is the one; which that is, is the network's affair.
    await Promise.race(
      [first, second, third].map(({ socket }) => new Promise((closed) => socket.once('close', closed))),
    );
    const left = [first, second, third].filter(({ socket }) => !socket.closed);
    expect(left.length).toBe(2);
    for (const client of left) {
      client.send(wide.subarray(-1));
      expect((await client.next())?.readInt32LE(8)).toBe(9);
    }
    for (let i = 0; i < 10; i++) {
      other.send(wide);
      expect((await other.next())?.readInt32LE(8)).toBe(9);
    }
    expect(held.bytes).toBe(0);
    for (const client of clients) client.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
