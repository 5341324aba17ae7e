// How far a reader's own messages have come, as it is laid over them: status, counts, and for the first few recipients
// when. Only in conversations up to 256 members; the members' rows and their times are two queries for a whole page.

import type { Message } from '../../../gen/circuit/chat/v1/message.ts';
import type { MessageDocument } from '../log/entry.ts';
import { smallMembersMax } from '../log/state.ts';
import type { Reader } from '../members/reader.ts';
import { countsOf, deliveredOf, isSmall, recipientsOf, statusOf } from './progress.ts';

/** So many recipients stand on the message itself; the others by ListReceipts. */
const recipientsShown = 20;

export type Delivery = Pick<Message, 'status' | 'deliveryStatus' | 'deliveryCounts'>;

/** By message. `own` are the reader's. */
export async function deliveries(
  { view, user }: Reader,
  own: readonly MessageDocument[],
): Promise<ReadonlyMap<string, Delivery>> {
  if (own.length === 0) return new Map();
  if (!isSmall(view.state)) return new Map(own.map(({ _id }) => [_id, unknown]));
  const rows = await view.members(smallMembersMax);
  const shown = rows.filter((row) => row.user_key !== user.key).slice(0, recipientsShown);
  const times = await view.receipts(
    shown,
    own.map(({ seq }) => seq),
  );
  return new Map(
    own.map((message) => {
      const { seq } = message;
      const deliveryCounts = countsOf(recipientsOf(rows, message), seq);
      const reached = recipientsOf(shown, message).filter((row) => deliveredOf(row) >= seq);
      const deliveryStatus = new Map(
        reached.map((row) => {
          const { deliveredAt, readAt } = times(row, seq);
          return [row.user_key, { deliveredAt: deliveredAt ?? readAt, readAt }];
        }),
      );
      return [message._id, { status: statusOf(deliveryCounts), deliveryStatus, deliveryCounts }];
    }),
  );
}

const unknown: Delivery = { status: statusOf(undefined), deliveryStatus: new Map(), deliveryCounts: undefined };
