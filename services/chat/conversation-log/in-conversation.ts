// Where a document of a conversation lies: every query names the account beside the conversation, so that a wrong id
// finds nothing of another account's.

import type { ConversationState } from './state.ts';

export type InConversation = { readonly conversation_id: string; readonly account_key: string };

/** Of an entry or a row. */
export function inSame({ conversation_id, account_key }: InConversation): InConversation {
  return { conversation_id, account_key };
}

export function inConversation({ conversationId, accountKey }: ConversationState): InConversation {
  return { conversation_id: conversationId, account_key: accountKey };
}
