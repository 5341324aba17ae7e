// Members of a conversation written below the services, as copies of one who was added as people are: a hundred
// thousand come in seconds.

import type { Db } from 'mongodb';
import { ravi } from '../../mesh/host/testing.ts';
import type { ConversationDocument } from '../../services/chat/documents/conversation-document.ts';
import { type MemberRow, rowId } from '../../services/chat/documents/member-row.ts';

const batch = 1_000;

/** No service may have it open. */
export async function fillWithMembers(db: Db, conversationId: string, size: number): Promise<void> {
  const members = db.collection<MemberRow>('members');
  const one = await members.findOne({ user_key: ravi.userKey, conversation_id: conversationId });
  if (one === null) throw new Error(`there is no member to copy in ${conversationId}`);
  const there = await members.countDocuments({ conversation_id: conversationId, active: true });
  for (let at = there; at < size; at += batch) {
    const rows = Array.from({ length: Math.min(batch, size - at) }, (_, n) => {
      const user_key = String(300_000_000_000 + at + n);
      return { ...one, _id: rowId(user_key, conversationId), user_key };
    });
    await members.insertMany(rows, { ordered: false });
  }
  await db
    .collection<ConversationDocument>('conversations')
    .updateOne({ _id: conversationId }, { $set: { member_count: size } });
}
