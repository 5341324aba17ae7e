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
  /** When the token was made that gave the name: an older one, though valid, does not undo it. */
  readonly named_at?: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
};

export type Users = {
  /**
   * Makes the caller known; `undefined` when that needs no waiting, which is so for all but the first call.
   * Rejects with ACCOUNT_NOT_ALLOWED when the user is known in another account.
   */
  know(caller: TokenUser, now: number): Promise<void> | undefined;
  /** A user of the account that is in memory, as every caller is a moment after `know`. */
  known(accountKey: string, userKey: string, now: number): KnownUser | undefined;
  /** Those of these users that the account has. */
  find(accountKey: string, userKeys: readonly string[], now: number): Promise<ReadonlyMap<string, KnownUser>>;
  /** One user of an account; throws USER_NOT_FOUND. */
  get(accountKey: string, userKey: string, now: number): Promise<KnownUser>;
  /** Makes users known, or renames them. Throws ACCOUNT_NOT_ALLOWED when one is known in another account. */
  put(accountKey: string, users: readonly NamedUser[], now: number): Promise<void>;
};

/** A user as a token tells of them; the name is empty where nobody told it. */
export type TokenUser = Pick<UserCaller, 'key' | 'accountKey' | 'displayName' | 'avatarUrl' | 'issuedAtMs'>;

export type NamedUser = { readonly userKey: string; readonly displayName: string; readonly avatarUrl: string };

/** `namedAt`: only a token made later may give another name. */
type Cached = { readonly user: KnownUser; readonly namedAt: number; readonly readAt: number };

/** The users of a database. */
export function openUsers(db: Db): Users {
  const documents: Collection<UserDocument> = db.collection('chat_users');
  const cache = openCache();
  const arriving = new Map<string, Promise<void>>();

  function know(caller: TokenUser, now: number): Promise<void> | undefined {
    const cached = cache.fresh(caller.key, now);
    if (cached !== undefined && !tellsMore(caller, cached)) {
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
    const named = await namedByToken(documents, caller, now);
    if (named !== null) cache.remember(cachedOf(named, now));
  }

  function known(accountKey: string, userKey: string, now: number): KnownUser | undefined {
    const user = cache.fresh(userKey, now)?.user;
    return user?.accountKey === accountKey ? user : undefined;
  }

  async function find(
    accountKey: string,
    userKeys: readonly string[],
    now: number,
  ): Promise<ReadonlyMap<string, KnownUser>> {
    const found = new Map<string, KnownUser>();
    const missing: string[] = [];
    for (const key of userKeys) {
      const user = cache.fresh(key, now)?.user;
      if (user === undefined) missing.push(key);
      else if (user.accountKey === accountKey) found.set(key, user);
    }
    if (missing.length === 0) return found;
    const read = await documents.find({ _id: { $in: missing }, account_key: accountKey }).toArray();
    for (const document of read) found.set(document._id, cache.remember(cachedOf(document, now)));
    return found;
  }

  async function get(accountKey: string, userKey: string, now: number): Promise<KnownUser> {
    const user = (await find(accountKey, [userKey], now)).get(userKey);
    if (user === undefined) throw refuse('USER_NOT_FOUND');
    return user;
  }

  async function put(accountKey: string, users: readonly NamedUser[], now: number): Promise<void> {
    const putOne = async ({ userKey, displayName, avatarUrl }: NamedUser) => {
      const profile = { display_name: displayName, avatar_url: avatarUrl };
      const name = { profile, named_by: 'server', named_at: new Date(now) } as const;
      await write(documents, { userKey, accountKey }, name, now);
      cache.remember({ user: userOf(userKey, accountKey, profile), namedAt: Number.POSITIVE_INFINITY, readAt: now });
    };
    // At once: the store commits them together. At most the request's 100.
    await Promise.all(users.map(putOne));
  }

  return { know, known, find, get, put };
}

/** Users in memory. */
function openCache() {
  const cache = new Map<string, Cached>();
  return {
    /** One that was read lately, of whatever account. */
    fresh(userKey: string, now: number): Cached | undefined {
      const cached = cache.get(userKey);
      return cached !== undefined && now - cached.readAt < userLimits.cacheMs ? cached : undefined;
    },
    remember(cached: Cached): KnownUser {
      const { user } = cached;
      cache.delete(user.userKey);
      cache.set(user.userKey, cached);
      for (const oldest of cache.keys()) {
        if (cache.size <= userLimits.cacheMax) break;
        cache.delete(oldest);
      }
      return user;
    },
  };
}

/** The caller as they stand in the database, after their token's name was taken where it is the better one. */
async function namedByToken(
  documents: Collection<UserDocument>,
  caller: TokenUser,
  now: number,
): Promise<UserDocument | null> {
  const known = await documents.findOne({ _id: caller.key });
  if (known !== null && known.account_key !== caller.accountKey) throw refuse('ACCOUNT_NOT_ALLOWED');
  if (known !== null && !tellsMore(caller, cachedOf(known, now))) return known;
  const profile = { display_name: caller.displayName, avatar_url: caller.avatarUrl };
  // A user without a name takes one from any token.
  const namedAt = caller.displayName === '' ? 0 : caller.issuedAtMs;
  const name = { profile, named_by: 'token', named_at: new Date(namedAt) } as const;
  await write(documents, { userKey: caller.key, accountKey: caller.accountKey }, name, now);
  // A better name may have come at the same time.
  return documents.findOne({ _id: caller.key, account_key: caller.accountKey });
}

async function write(
  documents: Collection<UserDocument>,
  { userKey, accountKey }: Pick<KnownUser, 'userKey' | 'accountKey'>,
  name: Required<Pick<UserDocument, 'profile' | 'named_by' | 'named_at'>>,
  now: number,
): Promise<void> {
  const at = new Date(now);
  const there = { _id: userKey, account_key: accountKey };
  // A token names only whom neither the user server nor a later token has named, also when they come at once.
  const unnamed = name.named_by === 'token' ? { named_by: name.named_by, named_at: { $lt: name.named_at } } : {};
  const change = { $set: { ...name, updated_at: at } };
  try {
    const made = { $setOnInsert: { user_key: userKey, created_at: at } };
    await documents.updateOne({ ...there, ...unnamed }, { ...change, ...made }, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // They are known: in another account, by a better name, or since a moment ago.
    if ((await documents.findOne(there)) === null) throw refuse('ACCOUNT_NOT_ALLOWED');
    await documents.updateOne({ ...there, ...unnamed }, change);
  }
}

/** How a user is called and looks, as one string to compare. */
function nameOf(caller: Pick<TokenUser, 'displayName' | 'avatarUrl'>): string {
  return `${caller.displayName}\n${caller.avatarUrl}`;
}

/** True where a token gives a name that the user should have. */
function tellsMore(caller: TokenUser, { user, namedAt }: Cached): boolean {
  return caller.displayName !== '' && caller.issuedAtMs > namedAt && nameOf(caller) !== nameOf(user);
}

function cachedOf(document: UserDocument, readAt: number): Cached {
  const user = userOf(document._id, document.account_key, document.profile);
  const { named_by, named_at } = document;
  const namedAt = named_by === 'token' && named_at !== undefined ? named_at.getTime() : Number.POSITIVE_INFINITY;
  return { user, namedAt, readAt };
}

function userOf(userKey: string, accountKey: string, profile: UserDocument['profile']): KnownUser {
  return { userKey, accountKey, displayName: profile.display_name, avatarUrl: profile.avatar_url };
}
