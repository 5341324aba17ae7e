// What one user may spend over all sockets, at all edges. It is added up here and told to the others once in a while,
// so that a request waits for nobody: who spends too much is stopped that much later.

import type { Limiter, Shared } from '../../mesh/shared/shared.ts';
import { type EdgeLimits, ratedUsersMax, socketsWorthPerUser, userRateMs, userRateSeconds } from '../limits.ts';

type Account = { spent: number; blockedUntilMs: number };

export class UserRates {
  readonly #limiter: Limiter;
  readonly #clock: () => number;
  readonly #accounts = new Map<string, Account>();
  readonly #timer: NodeJS.Timeout;

  /** `clock` in milliseconds since 1970. */
  constructor(limits: EdgeLimits, shared: Shared, clock: () => number) {
    this.#clock = clock;
    this.#limiter = shared.limiter({
      name: 'user',
      points: limits.costPerSecond * socketsWorthPerUser * userRateSeconds,
      seconds: userRateSeconds,
    });
    this.#timer = setInterval(() => void this.settle(), userRateMs);
    this.#timer.unref();
  }

  /** Notes what a request costs. Returns 0, or how many milliseconds the user has to wait. */
  take(userKey: string, cost: number): number {
    const now = this.#clock();
    let account = this.#accounts.get(userKey);
    if (account !== undefined && account.blockedUntilMs > now) return account.blockedUntilMs - now;
    if (account === undefined) {
      if (this.#accounts.size >= ratedUsersMax) return 0;
      account = { spent: 0, blockedUntilMs: 0 };
      this.#accounts.set(userKey, account);
    }
    account.spent += cost;
    return 0;
  }

  /** Counts what was spent since the last time; who has spent too much is blocked. */
  async settle(): Promise<void> {
    const now = this.#clock();
    const spending: Promise<void>[] = [];
    for (const [userKey, account] of this.#accounts) {
      if (account.spent > 0) spending.push(this.#count(userKey, account));
      else if (account.blockedUntilMs <= now) this.#accounts.delete(userKey);
    }
    await Promise.all(spending);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #count(userKey: string, account: Account): Promise<void> {
    const { spent } = account;
    account.spent = 0;
    const waitMs = await this.#limiter.take(userKey, spent);
    if (waitMs > 0) account.blockedUntilMs = this.#clock() + waitMs;
  }
}
