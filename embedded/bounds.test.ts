// What is bounded: at the bound all is well, one above is refused with MongoDB's error, and nobody else notices.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Binary, BSON } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cursors, cursorIdleMs, cursorsMax } from './commands/cursors.ts';
import { openTestStore, type TestStore } from './open-test-store.ts';
import { sortBytesMax } from './query/stream.ts';
import { connectionsMax } from './store.ts';
import { documentBytesMax } from './update/apply-update.ts';
import { openRawClient } from './wire/raw-client.ts';

let test: TestStore;
beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());

async function raw(command: object): Promise<Record<string, unknown>> {
  const client = await openRawClient(test.store.port);
  try {
    return await client.command(command);
  } finally {
    client.close();
  }
}

describe('a document', () => {
  const frame = BSON.calculateObjectSize({ _id: 1, filler: new Binary(Buffer.alloc(0)) });
  const ofBytes = (_id: number, bytes: number) => ({ _id, filler: new Binary(Buffer.alloc(bytes - frame)) });
  const insert = (document: object) => raw({ insert: 'wide', documents: [document], $db: 't' });

  it('has 16 MiB at most, inserted or grown', async () => {
    expect(BSON.calculateObjectSize(ofBytes(1, documentBytesMax))).toBe(16 * 1024 * 1024);
    expect(await insert(ofBytes(1, documentBytesMax))).toMatchObject({ ok: 1, n: 1 });
    expect((await insert(ofBytes(2, documentBytesMax + 1))).writeErrors).toMatchObject([{ code: 10334 }]);
    const grow = test.db.collection<{ _id: number }>('wide').updateOne({ _id: 1 }, { $set: { more: 1 } });
    await expect(grow).rejects.toMatchObject({ code: 10334 });
    expect(await test.db.collection('wide').countDocuments({ more: { $exists: false } })).toBe(1);
  });
});

describe('a sort without an index', () => {
  it('holds 100 MiB at most, and its limit is what counts', async () => {
    const rows = test.db.collection<{ _id: number; filler: string }>('sorted');
    const mebibytes = sortBytesMax / 2 ** 20 + 1;
    const filler = 'x'.repeat(2 ** 20);
    await rows.insertMany(Array.from({ length: mebibytes }, (_, _id) => ({ _id, filler })));
    const sorted = (limit: number) => rows.find({}, { limit }).sort({ none: 1, _id: -1 }).project({ _id: 1 }).toArray();
    await expect(sorted(0)).rejects.toMatchObject({ code: 292 });
    expect(await sorted(2)).toEqual([{ _id: mebibytes - 1 }, { _id: mebibytes - 2 }]);
  });
});

describe('cursors', () => {
  it('are so many, and one that ends or was idle makes room', async () => {
    let now = 0;
    const cursors = new Cursors(() => now);
    const source = { batch: () => Promise.resolve({ documents: [], done: true }) };
    const first = cursors.add('t.rows', source);
    for (let i = 1; i < cursorsMax; i++) cursors.add('t.rows', source);
    expect(() => cursors.add('t.rows', source)).toThrow(/cursors are open/);
    expect((await cursors.next(first, 't.rows', 1, {})).done).toBe(true);
    cursors.add('t.rows', source);
    expect(() => cursors.add('t.rows', source)).toThrow(/cursors are open/);
    now = cursorIdleMs + 1;
    cursors.add('t.rows', source);
    expect(cursors.count).toBe(1);
  });
});

describe('connections', () => {
  it('are so many; a further one is closed, and one that goes makes room', async () => {
    const other = await openTestStore();
    await other.db.command({ ping: 1 });
    const open = async (): Promise<Socket> => {
      const socket = connect(other.store.port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      return socket;
    };
    const sockets: Socket[] = [];
    while (other.store.open().connections < connectionsMax) {
      sockets.push(await open());
      await other.db.command({ ping: 1 });
    }
    const tooMany = await open();
    if (!tooMany.closed) await once(tooMany.resume(), 'close');
    expect(await other.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
    for (const socket of sockets.splice(0, 100)) socket.destroy();
    while (other.store.open().connections > connectionsMax - 100) await other.db.command({ ping: 1 });
    const client = await openRawClient(other.store.port);
    expect(await client.command({ ping: 1, $db: 'admin' })).toMatchObject({ ok: 1 });
    client.close();
    for (const socket of sockets) socket.destroy();
    await other.close();
  }, 60_000);
});

describe('a long scan', () => {
  it('lets others in between', async () => {
    const rows = test.db.collection('long');
    for (let i = 0; i < 10; i++) await rows.insertMany(Array.from({ length: 5000 }, (_, k) => ({ n: k, i })));
    // Dear for every document: a second or so in all, of which each slice is some milliseconds.
    const dear = Array.from({ length: 40 }, () => ({ $expr: { $eq: ['$n', '$n'] } }));
    let scanning = true;
    const scan = rows.countDocuments({ $and: dear }).finally(() => {
      scanning = false;
    });
    let served = 0;
    while (scanning) {
      await test.db.command({ ping: 1 });
      served++;
    }
    expect(await scan).toBe(50_000);
    expect(served).toBeGreaterThan(5);
  }, 60_000);
});

describe('a login', () => {
  it('that was never begun cannot go on', async () => {
    const payload = new Binary(Buffer.from('c=biws'));
    const answer = await raw({ saslContinue: 1, conversationId: 1, payload, $db: 'admin' });
    expect(answer).toMatchObject({ ok: 0, code: 17, codeName: 'ProtocolError' });
  });
});
