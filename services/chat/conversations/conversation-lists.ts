// Lists that somebody is paging through: the order of a user's conversations as it was at the first page, so that later
// pages neither repeat nor skip. In memory, bounded; where it is gone (another process, a restart) the next page is cut
// from a fresh order after the last one shown.

import { randomUUID } from 'node:crypto';

export const listLimits = {
  /** Orders kept, the oldest forgotten first; one is at most 5 000 ids. */
  ordersMax: 500,
  /** How long an order is kept for its next page. */
  orderMs: 5 * 60_000,
} as const;

export type ConversationLists = {
  /** Keeps what comes after a page; answers the name to ask for it by. */
  keep(userKey: string, rest: readonly string[], now: number): string;
  /** What comes next (also asked twice); `undefined` where it is not kept. */
  take(userKey: string, name: string, now: number): readonly string[] | undefined;
};

type Kept = { readonly userKey: string; readonly rest: readonly string[]; readonly until: number };

export function conversationLists(): ConversationLists {
  const orders = new Map<string, Kept>();
  // Another process's names must not be found here.
  const here = randomUUID();
  let counter = 0;

  function keep(userKey: string, rest: readonly string[], now: number): string {
    counter += 1;
    const name = `${here}/${counter}`;
    orders.set(name, { userKey, rest, until: now + listLimits.orderMs });
    for (const [oldest, order] of orders) {
      if (orders.size <= listLimits.ordersMax && order.until > now) break;
      orders.delete(oldest);
    }
    return name;
  }

  function take(userKey: string, name: string, now: number): readonly string[] | undefined {
    const order = orders.get(name);
    return order?.userKey === userKey && order.until > now ? order.rest : undefined;
  }

  return { keep, take };
}
