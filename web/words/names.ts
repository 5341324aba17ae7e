// Who is called what: learned from members and senders as they are seen.

import type { Conversation } from '../../client/chat/conversation.ts';

/** Names remembered; a console meets no more people. */
const namesMax = 10_000;

export class Names {
  readonly #me: string;
  readonly #names = new Map<string, string>();
  /** Rises with every name that is new or another. */
  version = 0;

  constructor(me: string, known: readonly { readonly user_key: string; readonly display_name: string }[]) {
    this.#me = me;
    for (const { user_key, display_name } of known) this.learn(user_key, display_name);
  }

  learn(userKey: string | undefined, name: string | undefined): void {
    if (!userKey || !name || this.#names.get(userKey) === name || this.#names.size >= namesMax) return;
    this.#names.set(userKey, name);
    this.version += 1;
  }

  learnFrom(conversation: Conversation): void {
    for (const { user_key, display_name } of conversation.members) this.learn(user_key, display_name);
    const last = conversation.summary?.last_message;
    // A message keeps the name of its time; the member's own is the one of today.
    if (last !== undefined && !this.#names.has(last.sender_key ?? '')) this.learn(last.sender_key, last.sender_name);
  }

  of(userKey: string | undefined): string {
    return this.#names.get(userKey ?? '') ?? userKey ?? '';
  }

  /** `You` for the user. */
  subject(userKey: string | undefined): string {
    return userKey === this.#me ? 'You' : this.of(userKey);
  }

  /** `you` in the middle of a sentence. */
  object(userKey: string | undefined): string {
    return userKey === this.#me ? 'you' : this.of(userKey);
  }

  /** Everyone known but the user, by name. */
  others(): readonly { readonly userKey: string; readonly name: string }[] {
    return [...this.#names]
      .filter(([userKey]) => userKey !== this.#me)
      .map(([userKey, name]) => ({ userKey, name }))
      .sort((one, other) => one.name.localeCompare(other.name));
  }

  /** What a conversation is called: its name, the other person, or the user's own notes. */
  titleOf(conversation: Conversation): string {
    const { summary, members } = conversation;
    if (summary?.type === 'self') return 'Notes to yourself';
    if (summary?.info?.name) return summary.info.name;
    const others = members.filter(({ user_key }) => user_key !== this.#me);
    if (others.length === 0) return summary === undefined ? '…' : 'Conversation';
    return others
      .slice(0, 3)
      .map(({ user_key }) => this.of(user_key))
      .join(', ');
  }

  /** Whose colour and letters a conversation carries. */
  faceOf(conversation: Conversation): string {
    const { summary, members, id } = conversation;
    if (summary?.type !== 'direct') return id;
    return members.find(({ user_key }) => user_key !== this.#me)?.user_key ?? id;
  }
}
