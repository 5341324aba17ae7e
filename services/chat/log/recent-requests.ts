// The entries of requests stored lately, so that a retry is answered without a read. A bounded memory, not the truth:
// what is not here is found by the log's unique index.

/** Entries kept, of all logs together: between this and twice this many, the older half forgotten at once. */
const recentMax = 10_000;

export class RecentRequests<Entry> {
  readonly #remembered: (entry: Entry) => Entry | undefined;
  #newer = new Map<string, Entry>();
  #older = new Map<string, Entry>();

  /** `remembered`: what is kept of an entry, of bounded size. */
  constructor(remembered: (entry: Entry) => Entry | undefined) {
    this.#remembered = remembered;
  }

  add(logKey: string, request: string, entry: Entry): void {
    const kept = this.#remembered(entry);
    if (kept === undefined) return;
    this.#newer.set(`${logKey}\n${request}`, kept);
    if (this.#newer.size < recentMax) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  get(logKey: string, request: string): Entry | undefined {
    const key = `${logKey}\n${request}`;
    return this.#newer.get(key) ?? this.#older.get(key);
  }
}

/** One request inside a log: the sender and their id for it. Neither holds a line break. */
export function requestKey(senderKey: string, requestId: string): string {
  return `${senderKey}\n${requestId}`;
}
