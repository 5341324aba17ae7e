// The documents of the store's figures: shaped like chat messages, about 300 bytes, with three indexes beside _id.

import type { IndexDescription } from 'mongodb';

export const conversations = 20;

export const indexes: IndexDescription[] = [
  { key: { conversation_id: 1, seq: 1 }, name: 'conversation_seq', unique: true },
  { key: { conversation_id: 1, sender_key: 1, request_id: 1 }, name: 'request', unique: true },
  { key: { created_at: 1 }, name: 'created_at' },
];

export type MessageDocument = {
  readonly _id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly sender_key: string;
  readonly request_id: string;
  readonly created_at: Date;
  readonly kind: string;
  readonly number: number;
  readonly content: { readonly type: string; readonly text: string };
};

const text = 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run and feeding is stopped now.';

/** The n-th document. Ids are spread over the whole range, as the product's are. */
export function documentOf(n: number): MessageDocument {
  return {
    _id: idOf(n),
    conversation_id: conversationOf(n),
    seq: n,
    sender_key: `u${n % 1000}`,
    request_id: `r${n}`,
    created_at: new Date(1.7e12 + n),
    kind: 'message',
    number: n,
    content: { type: 'text', text },
  };
}

export function idOf(n: number): string {
  return String(Math.imul(n, 2_654_435_761) >>> 0).padStart(12, '0');
}

export function conversationOf(n: number): string {
  return `c${n % conversations}`;
}
