// The users that chat knows, in `chat_users`: from their tokens when they first call, or put by the platform's user
// server. A user belongs to one account for good; to every other account there is no such user.

import type { Collection, Db } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { UserCaller } from '../../../mesh/service/caller.ts';
import { isDuplicateKey } from './duplicate-key.ts';

export const userLimits = {
  /** Users kept in memory, the longest unused forgotten first. */
  cacheMax: 20_000,
  /** How long a name in memory may lag behind one that another process wrote. */
  cacheMs: 60_000,
} as const;

export type KnownUser = {
  readonly userKey: string;
  readonly accountKey: string;
  readonly displayName: string;
  readonly avatarUrl: string;
};

/** A document of `chat_users`. */
export type UserDocument = {
  readonly _id: string;
  readonly user_key: string;
  readonly account_key: string;
  readonly profile: { readonly display_name: string; readonly avatar_url: string };
  /** `server` names win: a token's older name does not undo what the user server said. */
  readonly named_by: 'token' | 'server';
  readonly created_at: Date;
  readonly updated_at: Date;
};

export type Users = {
  /**
   * Makes the caller known; `undefined` when that needs no waiting, which is so for all but the first call.
   * Rejects with ACCOUNT_NOT_ALLOWED when the user is known in another account.
   */
  know(caller: TokenUser, now: number): Promise<void> | undefined;
  /** Those of these users that the account has. */
  find(accountKey: string, userKeys: readonly string[], now: number): Promise<ReadonlyMap<string, KnownUser>>;
  /** One user of an account; throws USER_NOT_FOUND. */
  get(accountKey: string, userKey: string, now: number): Promise<KnownUser>;
  /** Makes users known, or renames them. Throws ACCOUNT_NOT_ALLOWED when one is known in another account. */
  put(accountKey: string, users: readonly NamedUser[], now: number): Promise<void>;
};

/** A user as a token tells of them; the name is empty where nobody told it. */
export type TokenUser = Pick<UserCaller, 'key' | 'accountKey' | 'displayName' | 'avatarUrl'>;

export type NamedUser = { readonly userKey: string; readonly displayName: string; readonly avatarUrl: string };

type Cached = { readonly user: KnownUser; readonly tokenName: string; readonly readAt: number };

/** The users of a database. */
export function openUsers(db: Db): Users {
  const documents: Collection<UserDocument> = db.collection('chat_users');
  const cache = new Map<string, Cached>();
  const arriving = new Map<string, Promise<void>>();

  function know(caller: TokenUser, now: number): Promise<void> | undefined {
    const cached = cache.get(caller.key);
    const tellsNothingNew = cached?.tokenName === nameOf(caller) || caller.displayName === '';
    if (cached !== undefined && tellsNothingNew && now - cached.readAt < userLimits.cacheMs) {
      return cached.user.accountKey === caller.accountKey ? undefined : Promise.reject(refuse('ACCOUNT_NOT_ALLOWED'));
    }
    const under = `${caller.accountKey}/${caller.key}/${nameOf(caller)}`;
    const sooner = arriving.get(under);
    if (sooner !== undefined) return sooner;
    const arrival = arrive(caller, now).finally(() => arriving.delete(under));
    arriving.set(under, arrival);
    return arrival;
  }

  async function arrive(caller: TokenUser, now: number): Promise<void> {
    const known = await documents.findOne({ _id: caller.key });
    if (known !== null && known.account_key !== caller.accountKey) throw refuse('ACCOUNT_NOT_ALLOWED');
    const named =
      known !== null && (caller.displayName === '' || known.named_by === 'server' || sameName(known, caller));
    const profile = { display_name: caller.displayName, avatar_url: caller.avatarUrl };
    if (!named) await write(caller.key, caller.accountKey, profile, 'token', now);
    remember(caller.key, caller.accountKey, named ? known.profile : profile, nameOf(caller), now);
  }

  async function write(
    userKey: string,
    accountKey: string,
    profile: UserDocument['profile'],
    namedBy: UserDocument['named_by'],
    now: number,
  ): Promise<void> {
    const at = new Date(now);
    // A token names only users whom the user server has not named, also when both come at once.
    const filter = { _id: userKey, account_key: accountKey, ...(namedBy === 'token' && { named_by: namedBy }) };
    try {
      await documents.updateOne(
        filter,
        { $set: { profile, named_by: namedBy, updated_at: at }, $setOnInsert: { user_key: userKey, created_at: at } },
        { upsert: true },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const there = await documents.findOne({ _id: userKey, account_key: accountKey });
      if (there === null) throw refuse('ACCOUNT_NOT_ALLOWED');
      // An upsert lost against another upsert of the same user: a name by the server is still to be written.
      if (namedBy === 'server')
        await documents.updateOne(filter, { $set: { profile, named_by: namedBy, updated_at: at } });
    }
  }

  async function find(
    accountKey: string,
    userKeys: readonly string[],
    now: number,
  ): Promise<ReadonlyMap<string, KnownUser>> {
    const found = new Map<string, KnownUser>();
    const missing: string[] = [];
    for (const key of userKeys) {
      const cached = cache.get(key);
      if (cached === undefined || now - cached.readAt >= userLimits.cacheMs) missing.push(key);
      else if (cached.user.accountKey === accountKey) found.set(key, cached.user);
    }
    if (missing.length === 0) return found;
    const read = await documents.find({ _id: { $in: missing }, account_key: accountKey }).toArray();
    for (const document of read) {
      const user = remember(document._id, accountKey, document.profile, cache.get(document._id)?.tokenName ?? '', now);
      found.set(document._id, user);
    }
    return found;
  }

  async function get(accountKey: string, userKey: string, now: number): Promise<KnownUser> {
    const user = (await find(accountKey, [userKey], now)).get(userKey);
    if (user === undefined) throw refuse('USER_NOT_FOUND');
    return user;
  }

  async function put(accountKey: string, users: readonly NamedUser[], now: number): Promise<void> {
    // At once: the store commits them together. At most the request's 100.
    await Promise.all(users.map((user) => putOne(accountKey, user, now)));
  }

  async function putOne(
    accountKey: string,
    { userKey, displayName, avatarUrl }: NamedUser,
    now: number,
  ): Promise<void> {
    const profile = { display_name: displayName, avatar_url: avatarUrl };
    await write(userKey, accountKey, profile, 'server', now);
    remember(userKey, accountKey, profile, cache.get(userKey)?.tokenName ?? '', now);
  }

  function remember(
    userKey: string,
    accountKey: string,
    profile: UserDocument['profile'],
    tokenName: string,
    now: number,
  ): KnownUser {
    const user = { userKey, accountKey, displayName: profile.display_name, avatarUrl: profile.avatar_url };
    cache.delete(userKey);
    cache.set(userKey, { user, tokenName, readAt: now });
    for (const oldest of cache.keys()) {
      if (cache.size <= userLimits.cacheMax) break;
      cache.delete(oldest);
    }
    return user;
  }

  return { know, find, get, put };
}

/** What a token says of its user, as one string to compare. */
function nameOf(caller: TokenUser): string {
  return `${caller.displayName}\n${caller.avatarUrl}`;
}

function sameName(known: UserDocument, caller: TokenUser): boolean {
  return known.profile.display_name === caller.displayName && known.profile.avatar_url === caller.avatarUrl;
}
