// Who types where, kept in the memory of the process that owns the conversation: typing has a life of 5 s and no
// number, is lost with the process, and never written down. Bounded: what does not fit is not listed, its events go
// out all the same.

export const typingLimits = {
  /** How long a typer is shown after their last key. */
  lifeMs: 5_000,
  /** Repeats of the same typer are told at most this often. */
  repeatMs: 1_000,
  conversationsMax: 10_000,
  typersMax: 50,
} as const;

export type Typer = {
  readonly userKey: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly expiresAt: number;
};

export type TypingBoard = {
  /** Notes that a user types now. True where the others should be told: it is news, or a second has passed. */
  start(conversationId: string, userKey: string, now: number): boolean;
  /** Notes that a user stopped (or sent). True where the others should be told: they were shown as typing. */
  stop(conversationId: string, userKey: string, now: number): boolean;
  /** Who types, the longest first. */
  typers(conversationId: string, now: number): readonly Typer[];
};

type Kept = { userKey: string; startedAt: number; expiresAt: number; toldAt: number };

/** An empty board. */
export function typingBoard(): TypingBoard {
  // By last key, oldest first: a conversation is taken out and put back when somebody types in it.
  const conversations = new Map<string, Map<string, Kept>>();

  function start(conversationId: string, userKey: string, now: number): boolean {
    const typers = conversations.get(conversationId) ?? new Map<string, Kept>();
    conversations.delete(conversationId);
    conversations.set(conversationId, typers);
    if (conversations.size > typingLimits.conversationsMax) dropOldest();
    const expiresAt = now + typingLimits.lifeMs;
    const known = typers.get(userKey);
    if (known !== undefined && known.expiresAt > now) {
      known.expiresAt = expiresAt;
      if (now - known.toldAt < typingLimits.repeatMs) return false;
      known.toldAt = now;
      return true;
    }
    typers.delete(userKey);
    if (typers.size >= typingLimits.typersMax) dropExpired(typers, now);
    if (typers.size < typingLimits.typersMax) typers.set(userKey, { userKey, startedAt: now, expiresAt, toldAt: now });
    return true;
  }

  function stop(conversationId: string, userKey: string, now: number): boolean {
    const typers = conversations.get(conversationId);
    const known = typers?.get(userKey);
    if (typers === undefined || known === undefined) return false;
    typers.delete(userKey);
    if (typers.size === 0) conversations.delete(conversationId);
    return known.expiresAt > now;
  }

  function typers(conversationId: string, now: number): readonly Typer[] {
    const here = conversations.get(conversationId);
    if (here === undefined) return [];
    dropExpired(here, now);
    if (here.size === 0) conversations.delete(conversationId);
    return [...here.values()].map(({ userKey, startedAt, expiresAt }) => ({ userKey, startedAt, expiresAt }));
  }

  function dropExpired(typers: Map<string, Kept>, now: number): void {
    for (const [userKey, typer] of typers) if (typer.expiresAt <= now) typers.delete(userKey);
  }

  function dropOldest(): void {
    for (const oldest of conversations.keys()) {
      conversations.delete(oldest);
      return;
    }
  }

  return { start, stop, typers };
}
