// How far a reader's own messages have come, as it is laid over them: status, counts, and for the first few recipients
// when. Only for members, in conversations up to 256 of them. A page takes the members' rows and, for messages of the
// last 90 days, their times: one query, and one more for each mark that passed more than a block at once.

import type { Message } from '../../../gen/circuit/chat/v1/message.ts';
import { smallMembersMax } from '../conversation-log/state.ts';
import type { MessageDocument } from '../documents/entry.ts';
import type { Reader } from '../members/reader.ts';
import { countsOf, deliveredOf, isSmall, recipientsOf, statusOf, timedSeqs } from './receipt-status.ts';

/** So many recipients stand on the message itself; the others by ListReceipts. */
const recipientsShown = 20;

export type MessageReceipts = Pick<Message, 'status' | 'deliveryStatus' | 'deliveryCounts'>;

/** By message. `own` are the reader's; `now` is in milliseconds since 1970. */
export async function messageReceipts(
  { view, user, row: reader }: Reader,
  own: readonly MessageDocument[],
  now: number,
): Promise<ReadonlyMap<string, MessageReceipts>> {
  if (own.length === 0) return new Map();
  if (!reader.active || !isSmall(view.state)) return new Map(own.map(({ _id }) => [_id, unknown]));
  const rows = await view.members(smallMembersMax);
  const shown = rows.filter((row) => row.user_key !== user.key).slice(0, recipientsShown);
  const times = await view.receipts(shown, timedSeqs(own, now));
  return new Map(
    own.map((message) => {
      const { seq } = message;
      const deliveryCounts = countsOf(recipientsOf(rows, message), seq);
      const reached = recipientsOf(shown, message).filter((row) => deliveredOf(row) >= seq);
      const deliveryStatus = new Map(reached.map((row) => [row.user_key, times(row, seq)]));
      return [message._id, { status: statusOf(deliveryCounts), deliveryStatus, deliveryCounts }];
    }),
  );
}

const unknown: MessageReceipts = { status: statusOf(undefined), deliveryStatus: new Map(), deliveryCounts: undefined };
