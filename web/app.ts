// What every part of the console works with: the client, who the user is, and what concerns the whole page.

import type { Conversation } from '../client/chat/conversation.ts';
import type { Client } from '../client/connect.ts';
import type { SignedIn } from './session.ts';
import type { Names } from './words/names.ts';

export type App = {
  readonly client: Client;
  readonly me: SignedIn;
  readonly names: Names;
  /** Shows a conversation. */
  open(conversationId: string): void;
  /** Shows the list (on a phone) and nothing beside it. */
  home(): void;
  /** A sentence at the foot of the page for a few seconds. */
  say(words: string): void;
  /** Runs what a user asked for; says why when it fails. */
  attempt(work: Promise<unknown>): void;
};

/** The conversation's kind decides what can be done in it. */
export const isGroup = (conversation: Conversation): boolean =>
  conversation.summary?.type === 'group' || conversation.summary?.type === 'channel';
