// The requests stored lately, so that most need no look into the store: whether one is a repeat, whether a predecessor
// is there. A bounded memory, not the truth: what is not here is found by the log's unique index.

/** Requests kept, of all logs together: between this and twice this many, the older half forgotten at once. */
const recentMax = 10_000;

export class RecentRequests {
  /** What each asked for, as a digest. */
  #newer = new Map<string, string>();
  #older = new Map<string, string>();

  add(request: string, about: string): void {
    this.#newer.set(request, about);
    if (this.#newer.size < recentMax) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  /** `undefined`: not known here. */
  aboutOf(request: string): string | undefined {
    return this.#newer.get(request) ?? this.#older.get(request);
  }

  has(request: string): boolean {
    return this.aboutOf(request) !== undefined;
  }
}

/** One request: the log, the sender, and their id for it. None holds a line break. */
export function requestKey(logKey: string, senderKey: string, requestId: string): string {
  return `${logKey}\n${senderKey}\n${requestId}`;
}
