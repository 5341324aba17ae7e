import type { Collection, Db } from 'mongodb';

type HiddenDocument = {
  readonly user_key: string;
  readonly account_key: string;
  readonly conversation_id: string;
  readonly message_id: string;
};

export type HiddenMessages = {
  /** Which of these messages, of at most 100 conversations, the user deleted for themselves. One query. */
  among(
    user: { readonly userKey: string; readonly accountKey: string },
    messages: readonly { readonly conversationId: string; readonly messageId: string }[],
  ): Promise<ReadonlySet<string>>;
};

/** What users hid, looked up across conversations; the user's log writes it. */
export function openHiddenMessages(db: Db): HiddenMessages {
  const documents: Collection<HiddenDocument> = db.collection('hidden_messages');
  return {
    async among(user, messages) {
      if (messages.length === 0) return new Set();
      const found = await documents
        .find({
          user_key: user.userKey,
          account_key: user.accountKey,
          conversation_id: { $in: messages.map((message) => message.conversationId) },
          message_id: { $in: messages.map((message) => message.messageId) },
        })
        .project<Pick<HiddenDocument, 'message_id'>>({ message_id: 1 })
        .toArray();
      return new Set(found.map((document) => document.message_id));
    },
  };
}
