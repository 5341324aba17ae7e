// Where messages wait over a restart of the app: a seam with four verbs, and one that fits a browser's localStorage.

import type { SendMessageRequest } from '../../gen/json/api.ts';
import type { Failure } from '../call-error.ts';

/** What an app sends: a message without the ids that the SDK gives it. */
export type Outgoing = Omit<SendMessageRequest, 'conversation_id' | 'client_message_id' | 'after'>;

export type StoredSend = {
  readonly conversationId: string;
  readonly clientMessageId: string;
  readonly message: Outgoing;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  /** The order of sending: rises with every message, also over restarts and where the clock was set back. */
  readonly order: number;
  /** Why it was refused for good: it waits for the user to try again. */
  readonly refused?: Failure | undefined;
};

export type OutboxStore = {
  /** In any order. */
  all(): Promise<readonly StoredSend[]>;
  /** In place of the one with its `clientMessageId`, if there is one. */
  put(send: StoredSend): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
};

type WebStorage = {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};

/** One key for each message, below a prefix that names the user: two users of one browser must not share it. */
export function webStorageOutbox(storage: WebStorage, prefix: string): OutboxStore {
  return {
    async all() {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
      return keys.filter((key) => key.startsWith(prefix)).flatMap((key) => parse(storage.getItem(key)));
    },
    async put(send) {
      storage.setItem(prefix + send.clientMessageId, JSON.stringify(send));
    },
    async remove(clientMessageId) {
      storage.removeItem(prefix + clientMessageId);
    },
  };
}

function parse(text: string | null): readonly StoredSend[] {
  try {
    const send = JSON.parse(text ?? '') as StoredSend;
    const named = typeof send.conversationId === 'string' && typeof send.clientMessageId === 'string';
    const placed = Number.isFinite(send.queuedAt) && Number.isFinite(send.order);
    return named && placed && typeof send.message === 'object' ? [send] : [];
  } catch {
    return [];
  }
}
