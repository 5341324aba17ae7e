// The order of members: the owner first, then as they came. Where a page of them ended, as its token tells it.

import { refuse } from '../../../mesh/errors/refuse.ts';
import type { MemberRow } from '../documents/member-row.ts';

export type Place = Pick<MemberRow, 'rank' | 'since' | 'user_key'>;

/** Below 0 where the one stands before the other. */
export function inOrder(one: Place, other: Place): number {
  const apart = one.rank - other.rank || one.since - other.since;
  if (apart !== 0 || one.user_key === other.user_key) return apart;
  return one.user_key < other.user_key ? -1 : 1;
}

/** Where the page before ended. Throws PAGE_TOKEN_INVALID. */
export function positionOf(token: readonly (string | number)[] | undefined): Place | undefined {
  if (token === undefined) return undefined;
  const [rank, since, userKey] = token;
  if ((rank !== 0 && rank !== 1) || typeof since !== 'number' || typeof userKey !== 'string') {
    throw refuse('PAGE_TOKEN_INVALID');
  }
  return { rank, since, user_key: userKey };
}
