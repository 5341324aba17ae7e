// How many conversations a user is in. The bound is kept where people come in, so that lists, grants and heads of one
// user stay bounded. It is not fenced: several additions at the same moment may go over it by a few.

import type { Collection, Db } from 'mongodb';
import type { MemberRow } from '../documents/member-row.ts';

/** Conversations that one user may be in; also the most that their lists and grants hold. */
export const conversationsOfUserMax = 5_000;

export type Room = {
  /** Those of these users, at most 256, who are in as many conversations as one may be. */
  without(accountKey: string, userKeys: readonly string[]): Promise<ReadonlySet<string>>;
};

export function openRoom(db: Db, max: number = conversationsOfUserMax): Room {
  const rows: Collection<MemberRow> = db.collection('members');

  async function isFull(accountKey: string, userKey: string): Promise<boolean> {
    const filter = { user_key: userKey, active: true, account_key: accountKey };
    return (await rows.countDocuments(filter, { limit: max })) >= max;
  }

  return {
    async without(accountKey, userKeys) {
      const full = await Promise.all(userKeys.map((userKey) => isFull(accountKey, userKey)));
      return new Set(userKeys.filter((_, at) => full[at]));
    },
  };
}
