// Retries and unknown outcomes: what an app's driver does when an answer is lost must never do a write twice.
import { Long, MongoClient, UUID } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { openRawClient } from '../wire/raw-client.ts';

let test: TestStore;
const rows = () => test.db.collection<{ _id: number; n?: number }>('rows');
const fail = (data: object, mode: object | string = { times: 1 }) =>
  test.client.db('admin').command({ configureFailPoint: 'failCommand', mode, data });

/** One command over a socket of its own. */
async function sendRaw(command: object): Promise<Record<string, unknown>> {
  const raw = await openRawClient(test.store.port);
  try {
    return await raw.command(command);
  } finally {
    raw.close();
  }
}

beforeEach(async () => {
  test = await openTestStore({ enableTestCommands: true });
});

afterEach(() => test.close());

describe('a retryable write', () => {
  it('whose answer is lost after the commit is done once, and answered by the driver’s own retry', async () => {
    await rows().insertOne({ _id: 1, n: 0 });
    await fail({ failCommands: ['update'], closeConnection: true, afterCommit: true });
    expect((await rows().updateOne({ _id: 1 }, { $inc: { n: 1 } })).modifiedCount).toBe(1);
    expect(await rows().findOne()).toEqual({ _id: 1, n: 1 });
  });

  it('is remembered over a restart of the store', async () => {
    const command = {
      findAndModify: 'rows',
      query: { _id: 1 },
      update: { $inc: { n: 1 } },
      upsert: true,
      new: true,
      $db: 't',
      lsid: { id: new UUID() },
      txnNumber: Long.fromNumber(1),
    };
    const first = await sendRaw(command);
    await test.restart({ enableTestCommands: true });
    const second = await sendRaw(command);
    expect(first.value).toEqual({ _id: 1, n: 1 });
    expect(second.value).toEqual(first.value);
    expect(await rows().findOne()).toEqual({ _id: 1, n: 1 });
    const older = await sendRaw({ ...command, txnNumber: Long.fromNumber(0) });
    expect(older).toMatchObject({ ok: 0, code: 225, codeName: 'TransactionTooOld' });
  });

  it('without a retry is an unknown outcome: the network error says so, the write is there', async () => {
    const once = new MongoClient(test.store.uri, { retryWrites: false });
    await fail({ failCommands: ['insert'], closeConnection: true, afterCommit: true });
    await expect(once.db('t').collection<{ _id: number }>('rows').insertOne({ _id: 7 })).rejects.toThrow(/connection/i);
    expect(await rows().findOne({ _id: 7 })).toEqual({ _id: 7 });
    await once.close();
  });

  it('refused before the commit leaves nothing behind', async () => {
    const once = new MongoClient(test.store.uri, { retryWrites: false });
    await fail({ failCommands: ['insert'], closeConnection: true });
    await expect(once.db('t').collection<{ _id: number }>('rows').insertOne({ _id: 7 })).rejects.toThrow(/connection/i);
    expect(await rows().findOne({ _id: 7 })).toBeNull();
    await once.close();
  });
});

describe('fail points', () => {
  it('fail a write concern: the write is there, and the error tells', async () => {
    await fail({
      failCommands: ['insert'],
      writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
    });
    await expect(rows().insertOne({ _id: 1 })).rejects.toMatchObject({ code: 64 });
    expect(await rows().countDocuments({ _id: 1 })).toBe(1);
  });

  it('answer late, while others are answered', async () => {
    await rows().insertOne({ _id: 1 });
    await fail({ failCommands: ['find'], blockConnection: true, blockTimeMS: 200 });
    const order: string[] = [];
    const started = performance.now();
    const late = sendRaw({ find: 'rows', $db: 't' }).then(() => order.push('late'));
    await test.db.command({ ping: 1 }).then(() => order.push('others'));
    await late;
    expect(order).toEqual(['others', 'late']);
    expect(performance.now() - started).toBeGreaterThanOrEqual(195);
  });

  it('fail with a code, and with the label that makes a driver retry', async () => {
    await fail({ failCommands: ['insert'], errorCode: 91 });
    expect((await rows().insertOne({ _id: 1 })).insertedId).toBe(1);
    await fail({ failCommands: ['insert'], errorCode: 2 }, 'alwaysOn');
    await expect(rows().insertOne({ _id: 2 })).rejects.toMatchObject({ code: 2, codeName: 'BadValue' });
    await fail({}, 'off');
    await rows().insertOne({ _id: 2 });
  });

  it('are not there unless test commands are enabled', async () => {
    await test.restart({});
    await expect(fail({ failCommands: ['insert'], errorCode: 91 })).rejects.toMatchObject({ code: 59 });
  });
});
