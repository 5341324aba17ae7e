// Tells the members of large conversations, who follow only the head, how far it is: at most once in five seconds each.

import type { StoredLastMessage } from '../documents/conversation-document.ts';
import { lastMessageOf } from './head-fields.ts';
import type { ConversationState } from './state.ts';

const betweenMs = 5_000;

export type HeadNotice = {
  readonly conversationId: string;
  readonly seq: number;
  readonly number: number;
  readonly last: StoredLastMessage | undefined;
};

type Waiting = { timer: NodeJS.Timeout; newer: ConversationState | undefined };

export class HeadNotices {
  readonly #tell: (notice: HeadNotice) => void;
  /** Conversations told of in the last five seconds. Bounded by what the appender can take in that time. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(tell: (notice: HeadNotice) => void) {
    this.#tell = tell;
  }

  moved(state: ConversationState): void {
    const waiting = this.#waiting.get(state.conversationId);
    if (waiting !== undefined) waiting.newer = state;
    else this.#tellNow(state);
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #tellNow(state: ConversationState): void {
    const { conversationId, seq, number } = state;
    this.#tell({ conversationId, seq, number, last: lastForAll(state) });
    const timer = setTimeout(() => this.#windowOver(conversationId), betweenMs).unref();
    this.#waiting.set(conversationId, { timer, newer: undefined });
  }

  #windowOver(conversationId: string): void {
    const newer = this.#waiting.get(conversationId)?.newer;
    this.#waiting.delete(conversationId);
    if (newer !== undefined) this.#tellNow(newer);
  }
}

/** The newest message, where everyone who is told may read it. */
function lastForAll({ last, lastJoined }: ConversationState): StoredLastMessage | undefined {
  return last === undefined || last.seq < lastJoined ? undefined : lastMessageOf(last);
}
