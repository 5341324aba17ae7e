// The entries of requests stored lately, so that a retry is answered without a read. A bounded memory, not the truth:
// what is not here is found by the log's unique index.

/** Entries kept, of all logs together; the oldest go first. */
const recentMax = 20_000;

export class RecentRequests<Entry> {
  readonly #entries = new Map<string, Entry>();

  add(logKey: string, request: string, entry: Entry): void {
    const key = `${logKey}\n${request}`;
    this.#entries.set(key, entry);
    if (this.#entries.size <= recentMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  get(logKey: string, request: string): Entry | undefined {
    return this.#entries.get(`${logKey}\n${request}`);
  }
}

/** One request inside a log: the sender and their id for it. Neither holds a line break. */
export function requestKey(senderKey: string, requestId: string): string {
  return `${senderKey}\n${requestId}`;
}
