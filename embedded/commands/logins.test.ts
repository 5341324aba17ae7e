import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';
import { openStore } from '../store.ts';
import { loginBytesMax } from '../wire/message.ts';
import { encodeCommand, openRawClient } from '../wire/raw-client.ts';

let test: TestStore | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

describe('a store with credentials', () => {
  const credentials = { user: 'asha', password: 'pössible, =2C' };

  it('lets in who proves the password, and nobody else', async () => {
    test = await openTestStore({ credentials });
    expect((await test.db.collection('a').insertOne({ x: 1 })).acknowledged).toBe(true);
    const wrong = new MongoClient(test.store.uri, { auth: { username: 'asha', password: 'guess' } });
    await expect(wrong.connect()).rejects.toMatchObject({ code: 18 });
    await wrong.close();
    const nobody = new MongoClient(test.store.uri.replace('&authMechanism=SCRAM-SHA-256', ''));
    await expect(nobody.db('t').collection('a').findOne()).rejects.toMatchObject({ code: 13 });
    await nobody.close();
  });

  it('takes long messages from those it knows only', async () => {
    test = await openTestStore({ credentials });
    const stranger = await openRawClient(test.store.port);
    const ofBytes = (bytes: number) => encodeCommand({ ping: 1, $db: 'admin', filler: Buffer.alloc(bytes) });
    stranger.send(ofBytes(loginBytesMax - 200));
    expect(await stranger.next()).toBeDefined();
    stranger.send(ofBytes(loginBytesMax));
    expect(await stranger.next()).toBeUndefined();
    const text = 'x'.repeat(2 * loginBytesMax);
    expect((await test.db.collection('a').insertOne({ text })).acknowledged).toBe(true);
  });

  it('must have some to listen beyond this machine', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'embedded-'));
    for (const host of ['0.0.0.0', '::', '127.example.com', '127.0.0.1.example.com']) {
      await expect(openStore({ dataDir, port: 0, host })).rejects.toThrow(/credentials/);
    }
    rmSync(dataDir, { recursive: true });
  });

  it('is named to each client as that client reached it', async () => {
    test = await openTestStore({ credentials, host: '0.0.0.0' });
    const uri = test.store.uri.replace('0.0.0.0', '127.0.0.2');
    const client = new MongoClient(uri, { auth: { username: credentials.user, password: credentials.password } });
    const { hosts, primary, me } = await client.db('admin').command({ hello: 1 });
    const reached = `127.0.0.2:${test.store.port}`;
    expect({ hosts, primary, me }).toEqual({ hosts: [reached], primary: reached, me: reached });
    await client.close();
  });
});

describe('the data directory', () => {
  it('is open in one store at a time', async () => {
    test = await openTestStore();
    await expect(openStore({ dataDir: test.dataDir, port: 0 })).rejects.toThrow(/already open/);
    await test.restart();
  });
});
