import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../../tests/support/store.ts';
import { chatUsers } from './chat-users.ts';
import { openUsers, type TokenUser, userLimits } from './users.ts';

const accountKey = '900000000001';
let store: TestStore;
let counter = 0;

beforeAll(async () => {
  store = await openTestStore({ collections: [chatUsers] });
});
afterAll(() => store.close());

function fresh(displayName = 'Asha'): TokenUser {
  counter += 1;
  return { key: `1${String(counter).padStart(11, '0')}`, accountKey, displayName, avatarUrl: '', issuedAtMs: 1_000 };
}

describe('users', () => {
  it('are known by their first token, and after that without waiting', async () => {
    const users = openUsers(store.db);
    const asha = fresh();
    await users.know(asha, 0);
    expect(users.know(asha, 1)).toBeUndefined();
    expect(users.know({ ...asha, displayName: '' }, 1)).toBeUndefined();
    expect(await openUsers(store.db).get(accountKey, asha.key, 0)).toMatchObject({ displayName: 'Asha' });
  });

  it('who come several times at once are made once', async () => {
    const asha = fresh();
    const processes = [openUsers(store.db), openUsers(store.db), openUsers(store.db)];
    await Promise.all(processes.flatMap((users) => [users.know(asha, 0), users.know(asha, 0)]));
    expect(await store.db.collection('chat_users').countDocuments({ _id: asha.key as never })).toBe(1);
  });

  it('are renamed by a newer token, but not against the user server', async () => {
    const users = openUsers(store.db);
    const asha = fresh();
    await users.know(asha, 0);
    await users.know({ ...asha, displayName: 'Asha K', issuedAtMs: 2_000 }, 1);
    expect((await users.get(accountKey, asha.key, 1)).displayName).toBe('Asha K');
    await users.put(accountKey, [{ userKey: asha.key, displayName: 'Asha Kumari', avatarUrl: '' }], 2);
    await users.know({ ...asha, displayName: 'Asha K', issuedAtMs: 3_000 }, 3);
    expect((await users.get(accountKey, asha.key, 3)).displayName).toBe('Asha Kumari');
  });

  it('keep the name of the newest token, in whatever order tokens come', async () => {
    const here = openUsers(store.db);
    const there = openUsers(store.db);
    const old = fresh('Asha');
    const renamed = { ...old, displayName: 'Asha Kumari', issuedAtMs: 2_000 };
    await here.know(renamed, 0);
    await there.know(old, 0);
    await Promise.all([here.know(old, 1), there.know(renamed, 1), there.know(old, 1)]);
    expect((await openUsers(store.db).get(accountKey, old.key, 1)).displayName).toBe('Asha Kumari');
    // The older token costs no call a wait.
    expect([here.know(old, 2), there.know(old, 2)]).toEqual([undefined, undefined]);
    const raced = fresh('Ravi');
    const newer = { ...raced, displayName: 'Ravi Kumar', issuedAtMs: 2_000 };
    await Promise.all([here.know(raced, 3), there.know(newer, 3)]);
    expect((await openUsers(store.db).get(accountKey, raced.key, 3)).displayName).toBe('Ravi Kumar');
  });

  it('get the name of their token where only a session came before', async () => {
    const users = openUsers(store.db);
    const asha = fresh();
    await users.know({ ...asha, displayName: '' }, 0);
    await users.know(asha, 1);
    expect((await users.get(accountKey, asha.key, 1)).displayName).toBe('Asha');
  });

  it('belong to one account', async () => {
    const users = openUsers(store.db);
    const asha = fresh();
    await users.know(asha, 0);
    const elsewhere = { ...asha, accountKey: '900000000002' };
    await expect(users.know(elsewhere, 1)).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_ALLOWED' });
    await expect(openUsers(store.db).know(elsewhere, 1)).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_ALLOWED' });
    await expect(users.get('900000000002', asha.key, 1)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    expect(await users.find('900000000002', [asha.key], 1)).toEqual(new Map());
    const named = [{ userKey: asha.key, displayName: 'Mine', avatarUrl: '' }];
    await expect(users.put('900000000002', named, 1)).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_ALLOWED' });
  });

  it('renamed by another process are seen within a minute', async () => {
    const users = openUsers(store.db);
    const asha = fresh();
    await users.know(asha, 0);
    await openUsers(store.db).put(accountKey, [{ userKey: asha.key, displayName: 'Renamed', avatarUrl: '' }], 1);
    expect((await users.get(accountKey, asha.key, 2)).displayName).toBe('Asha');
    expect((await users.get(accountKey, asha.key, userLimits.cacheMs)).displayName).toBe('Renamed');
  });
});
