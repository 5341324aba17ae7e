import { describe, expect, it } from 'vitest';
import type { Verifier } from '../../auth/verifier.ts';
import { refuse } from '../../errors/refuse.ts';
import type { Caller, UserCaller } from '../../service/caller.ts';
import { LinkSessions } from './link-sessions.ts';

/** Verifies when the test says so, in any order. */
function open() {
  const asked = new Map<string, { accept(caller: Caller): void; refuse(error: Error): void }>();
  const verifier: Verifier = {
    verify: (token) =>
      new Promise((accept, reject) => {
        asked.set(token, { accept, refuse: reject });
      }),
    close: async () => {},
  };
  const ends: string[] = [];
  let now = 0;
  const sessions = new LinkSessions({
    verifier,
    clock: () => now,
    onEnd: (session, reason) => ends.push(`${session} ${reason}`),
  });
  const ask = (session: number) =>
    new Promise<string>((resolve) =>
      sessions.withCaller(session, (caller, error) =>
        resolve(caller?.kind === 'user' ? caller.displayName : (caller?.key ?? error?.reason ?? '')),
      ),
    );
  const verdict = async (token: string) => {
    while (!asked.has(token)) await Promise.resolve();
    return asked.get(token)!;
  };
  const at = (ms: number) => {
    now = ms;
  };
  return { sessions, ends, ask, verdict, at };
}

const asha: UserCaller = {
  kind: 'user',
  key: '100000000001',
  accountKey: '900000000001',
  displayName: 'Asha',
  avatarUrl: '',
  roles: [],
  sessionId: 'phone',
  issuedAtMs: 0,
  expiresAtMs: 1_000,
};

describe('the sessions of a Link', () => {
  it('answer calls when their token was verified, in the order of the calls', async () => {
    const { sessions, verdict } = open();
    const order: number[] = [];
    sessions.present(1, 't');
    for (const call of [1, 2, 3]) sessions.withCaller(1, () => order.push(call));
    expect(sessions.known(1)).toBeUndefined();
    (await verdict('t')).accept(asha);
    await new Promise<void>((resolve) => sessions.withCaller(1, () => resolve()));
    expect(order).toEqual([1, 2, 3]);
    expect(sessions.known(1)).toBe(asha);
  });

  it('let a renewal take effect after what was presented before it, however long that took', async () => {
    const { sessions, ask, verdict, at } = open();
    sessions.present(1, 'first');
    sessions.present(1, 'second');
    (await verdict('first')).accept(asha);
    (await verdict('second')).accept({ ...asha, displayName: 'Asha R.', expiresAtMs: 2_000 });
    expect(await ask(1)).toBe('Asha R.');
    at(1_500);
    expect(await ask(1)).toBe('Asha R.');
  });

  it('live on when a token could not be verified: it is to be presented again', async () => {
    const { sessions, ends, ask, verdict } = open();
    sessions.present(1, 't');
    const answer = ask(1);
    (await verdict('t')).refuse(refuse('UNAVAILABLE'));
    expect(await answer).toBe('UNAVAILABLE');
    expect(ends).toEqual(['1 UNVERIFIED']);
    expect(sessions.size).toBe(0);
  });

  it('stay as they are when a renewal could not be verified', async () => {
    const { sessions, ends, ask, verdict } = open();
    sessions.present(1, 'first');
    (await verdict('first')).accept(asha);
    sessions.present(1, 'second');
    (await verdict('second')).refuse(refuse('UNAVAILABLE'));
    expect(await ask(1)).toBe('Asha');
    expect(ends).toEqual([]);
  });

  it('end once: by their time, by the first call after it, by a token of a process of the mesh', async () => {
    const { sessions, ends, ask, verdict, at } = open();
    for (const session of [1, 2]) {
      sessions.present(session, `t${session}`);
      (await verdict(`t${session}`)).accept(asha);
      await ask(session);
    }
    sessions.present(3, 'edge');
    (await verdict('edge')).accept({ kind: 'edge', key: 'edge' });
    expect(await ask(3)).toBe('TOKEN_INVALID');
    at(1_000);
    expect(await ask(1)).toBe('TOKEN_EXPIRED');
    sessions.sweep();
    sessions.sweep();
    expect(await ask(2)).toBe('TOKEN_EXPIRED');
    expect(ends).toEqual(['3 TOKEN_INVALID', '1 TOKEN_EXPIRED', '2 TOKEN_EXPIRED']);
  });

  it('may be of a domain server, and nobody else takes them over', async () => {
    const { sessions, ask, verdict } = open();
    const fish = { kind: 'domain_server', key: 'fish', accountKeys: ['900000000001'], expiresAtMs: 1_000 } as const;
    sessions.present(1, 'fish');
    (await verdict('fish')).accept(fish);
    expect(await ask(1)).toBe('fish');
    sessions.present(1, 'fresh');
    (await verdict('fresh')).accept({ ...fish, accountKeys: [] });
    expect(await ask(1)).toBe('fish');
    expect(sessions.known(1)).toMatchObject({ accountKeys: [] });
    sessions.present(1, 'agri');
    (await verdict('agri')).accept({ ...fish, key: 'agri' });
    expect(await ask(1)).toBe('TOKEN_INVALID');
  });

  it('answer what waits when the edge ends them', async () => {
    const { sessions, ask } = open();
    sessions.present(1, 't');
    const answer = ask(1);
    sessions.forget(1);
    expect(await answer).toBe('CANCELLED');
    expect(await ask(1)).toBe('UNAVAILABLE');
  });
});
