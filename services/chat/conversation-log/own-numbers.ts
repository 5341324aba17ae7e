// The count of user messages at each sender's own last one, which their unread count starts from: kept here and written
// to the sender's row every two seconds at most, before the conversation's head document rises past it.

import { type MemberRow, rowId } from '../documents/member-row.ts';
import type { GroupedWrites } from '../log/grouped-writes.ts';
import type { InConversation } from './in-conversation.ts';

export class OwnNumbers {
  readonly #rows: GroupedWrites<MemberRow>;
  /** By conversation, then user. Bounded: each is written and forgotten within two seconds of its message. */
  readonly #numbers = new Map<string, Map<string, number>>();

  constructor(rows: GroupedWrites<MemberRow>) {
    this.#rows = rows;
  }

  note({ conversation_id: conversationId }: InConversation, userKey: string, number: number): void {
    let numbers = this.#numbers.get(conversationId);
    if (numbers === undefined) {
      numbers = new Map();
      this.#numbers.set(conversationId, numbers);
    }
    numbers.set(userKey, Math.max(number, numbers.get(userKey) ?? 0));
  }

  /** The row with what is not written yet. */
  overlay(row: MemberRow): MemberRow {
    const own = this.#numbers.get(row.conversation_id)?.get(row.user_key);
    return own === undefined || own <= (row.own_number ?? 0) ? row : { ...row, own_number: own };
  }

  /** Writes those of one conversation; what fails stays. */
  async write(where: InConversation): Promise<void> {
    const conversationId = where.conversation_id;
    const numbers = this.#numbers.get(conversationId);
    if (numbers === undefined) return;
    await Promise.all([...numbers].map(([userKey, number]) => this.#writeOne(where, userKey, number)));
    if (numbers.size === 0) this.#numbers.delete(conversationId);
  }

  async #writeOne(
    { conversation_id: conversationId, account_key }: InConversation,
    userKey: string,
    number: number,
  ): Promise<void> {
    await this.#rows.write({
      updateOne: {
        filter: { _id: rowId(userKey, conversationId), user_key: userKey, account_key },
        update: { $max: { own_number: number } },
      },
    });
    const numbers = this.#numbers.get(conversationId);
    if (numbers?.get(userKey) === number) numbers.delete(userKey);
  }
}
