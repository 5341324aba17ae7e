import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../open-test-store.ts';

let test: TestStore;
afterEach(() => test.close());

describe('a driver that watches the store', () => {
  it('finds it well, heartbeat after heartbeat, and keeps its connections', async () => {
    test = await openTestStore();
    const watching = new MongoClient(test.store.uri, { heartbeatFrequencyMS: 500 });
    const cleared: unknown[] = [];
    watching.on('connectionPoolCleared', (event) => cleared.push(event));
    await watching.connect();
    let beats = 0;
    await new Promise<void>((resolve, reject) => {
      watching.on('serverHeartbeatFailed', (event) => reject(event.failure));
      watching.on('serverHeartbeatSucceeded', () => ++beats === 3 && resolve());
    });
    expect(cleared).toEqual([]);
    await watching.close();
  });
});
