import { describe, expect, it } from 'vitest';
import type { Caller, UserCaller } from '../service/caller.ts';
import { actFor } from './acting-for.ts';
import { objectionTo } from './rules.ts';

const now = 1_000_000;
const user: UserCaller = {
  kind: 'user',
  key: '100000000001',
  accountKey: '900000000001',
  displayName: 'Asha',
  avatarUrl: '',
  roles: ['member'],
  sessionId: 's',
  issuedAtMs: 0,
  expiresAtMs: now + 1,
};
const fish: Caller = { kind: 'domain_server', key: 'fish', accountKeys: ['900000000001'], expiresAtMs: now + 1 };
const nobody: Caller = { kind: 'anyone', key: '' };
const reason = (...args: Parameters<typeof objectionTo>) => objectionTo(...args)?.reason;

describe('a call rule', () => {
  it('lets in the kinds it names and nobody else', () => {
    const rule = { callers: ['user'], roles: [] } as const;
    expect(reason(rule, user, now)).toBeUndefined();
    expect(reason(rule, fish, now)).toBe('CALLER_NOT_ALLOWED');
    expect(reason(rule, nobody, now)).toBe('NOT_SIGNED_IN');
    expect(reason({ callers: [], roles: [] }, user, now)).toBe('CALLER_NOT_ALLOWED');
  });

  it('asks a user for one of its roles', () => {
    expect(reason({ callers: ['user'], roles: ['admin'] }, user, now)).toBe('ROLE_REQUIRED');
    expect(reason({ callers: ['user'], roles: ['admin', 'member'] }, user, now)).toBeUndefined();
    expect(reason({ callers: ['user', 'domain_server'], roles: ['admin'] }, fish, now)).toBeUndefined();
  });

  it('ends with the credentials, but for what is open to anyone', () => {
    expect(reason({ callers: ['user'], roles: [] }, user, now + 1)).toBe('TOKEN_EXPIRED');
    expect(reason({ callers: ['anyone'], roles: [] }, user, now + 1)).toBeUndefined();
    expect(reason({ callers: ['anyone'], roles: [] }, nobody, now)).toBeUndefined();
  });
});

describe('acting for a user', () => {
  const asha = { userKey: '100000000001', accountKey: '900000000001' };

  it('makes a domain server speak for a user of its accounts, without roles', () => {
    expect(actFor(fish, asha)).toMatchObject({ kind: 'user', key: asha.userKey, roles: [], actingFor: 'fish' });
  });

  it('is refused for other accounts, for others than domain servers, and for keys that are none', () => {
    const refused = (caller: Caller, who: typeof asha) => {
      try {
        return actFor(caller, who).key;
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    };
    expect(refused(fish, { ...asha, accountKey: '900000000002' })).toBe('ACCOUNT_NOT_ALLOWED');
    expect(refused(user, asha)).toBe('CALLER_NOT_ALLOWED');
    expect(refused(fish, { ...asha, userKey: 'asha' })).toBe('INVALID_REQUEST');
  });
});
