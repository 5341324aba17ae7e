import type { MarkReadRequest, MarkReadResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatHandler } from '../chat.ts';
import { mayRead, openMember, type Reader } from '../members/reader.ts';
import { isSmall } from './receipt-status.ts';
import { tellReceipt } from './tell-receipt.ts';

/**
 * Raises the caller's read watermark to a number, a message, or the head; tells the senders and the caller's devices.
 */
export const markRead: ChatHandler<MarkReadRequest, MarkReadResponse> = async (request, context) => {
  const reader = await openMember(context, request.conversationId);
  const { user, row, view } = reader;
  const seq = await positionOf(request, reader);
  if (seq <= (row.read_seq ?? 0)) return {};

  const owner = { userKey: user.key, accountKey: user.accountKey };
  const read = { seq, number: await numberAt(reader, seq), at: context.now, keepTime: isSmall(view.state) };
  const changed = await context.service.userLogs.changeRow(owner, view.id, { read }, context.signal);
  if (changed.moved) await tellReceipt(context, view, row, changed.row);
  return {};
};

/** Never above the head. */
async function positionOf(request: MarkReadRequest, reader: Reader): Promise<number> {
  const head = reader.view.state.seq;
  if (request.seq !== undefined && request.messageId !== '') {
    throw refuse('INVALID_REQUEST', {
      violations: [{ field: 'seq', description: 'at most one of seq and message_id' }],
    });
  }
  if (request.messageId === '') return Math.min(request.seq ?? head, head);
  // Notices of membership stand in history, too: the last one that an app shows may be one.
  const seq = await reader.view.seqOf(request.messageId);
  if (seq === undefined || !mayRead(reader, seq)) throw refuse('MESSAGE_NOT_FOUND');
  return seq;
}

/** The count of user messages up to and with an entry. */
async function numberAt({ view }: Reader, seq: number): Promise<number> {
  if (seq === view.state.seq) return view.state.number;
  const { entries } = await view.entries(seq - 1, 1);
  return entries[0]?.number ?? 0;
}
