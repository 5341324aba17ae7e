import type { ListMessagesRequest, ListMessagesResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { ChatContext, ChatHandler } from '../chat.ts';
import type { HistoryPage, HistoryQuery, ShownEntry } from '../conversation-log/conversation-log.ts';
import { openReader, type Reader } from '../members/reader.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { pageSizeOf } from './limits.ts';
import { showEntries } from './show-messages.ts';

/**
 * A page of history, by rising number: the newest, or those below, above or around a number. Members read from where
 * they came (or cleared it), those who left up to there. Messages that the caller hid are left out.
 */
export const listMessages: ChatHandler<ListMessagesRequest, ListMessagesResponse> = async (request, context) => {
  const list = `messages/${request.conversationId}`;
  const position = positionOf(request, readPageToken(list, request.pageToken));
  const reader = await openReader(context, request.conversationId);

  const query = within(reader, { ...position, limit: pageSizeOf(request.pageSize) });
  const page = await reader.view.history(query);
  const readable = page.entries.filter((entry) => entry.seq <= reader.upTo);
  // At once: what the reader hid is rare, and then shown in vain.
  const [shown, hidden] = await Promise.all([
    showEntries(context, reader, readable),
    hiddenAmong(context, reader, readable),
  ]);
  return {
    messages: hidden.size === 0 ? shown : shown.filter((message) => !hidden.has(message.messageId)),
    nextPageToken: nextToken(list, position, page, readable),
    head: reader.row.active ? page.head : reader.upTo,
  };
};

type Position = Pick<HistoryQuery, 'before' | 'after' | 'around'>;

function positionOf(request: ListMessagesRequest, token: readonly (string | number)[] | undefined): Position {
  if (token !== undefined) {
    const [direction, seq] = token;
    if (typeof seq !== 'number') throw refuse('PAGE_TOKEN_INVALID');
    return direction === 'after' ? { after: seq } : { before: seq };
  }
  const { beforeSeq, afterSeq, aroundSeq } = request;
  const given = [beforeSeq, afterSeq, aroundSeq].filter((seq) => seq !== undefined);
  if (given.length > 1) {
    const description = 'at most one of before_seq, after_seq and around_seq';
    throw refuse('INVALID_REQUEST', { violations: [{ field: 'before_seq', description }] });
  }
  if (beforeSeq !== undefined) return { before: beforeSeq };
  if (afterSeq !== undefined) return { after: afterSeq };
  return aroundSeq === undefined ? {} : { around: aroundSeq };
}

/** One who left reads as if the log ended there. */
function within(reader: Reader, query: HistoryQuery): HistoryQuery {
  const above = reader.above > 0 ? { above: reader.above } : {};
  if (reader.row.active || query.after !== undefined || query.around !== undefined) return { ...query, ...above };
  return { ...query, ...above, before: Math.min(query.before ?? Number.MAX_SAFE_INTEGER, reader.upTo + 1) };
}

async function hiddenAmong(
  context: ChatContext,
  reader: Reader,
  entries: readonly ShownEntry[],
): Promise<ReadonlySet<string>> {
  const ids = entries.map((entry) => entry._id);
  const { key: userKey, accountKey } = reader.user;
  return context.service.userLogs.hidden({ userKey, accountKey }, reader.view.id, ids);
}

/**
 * On in the same direction. Around a number there is no one direction: the app goes on with before_seq and after_seq.
 */
function nextToken(list: string, position: Position, page: HistoryPage, readable: readonly ShownEntry[]): string {
  const first = readable.at(0);
  const last = readable.at(-1);
  if (first === undefined || last === undefined || position.around !== undefined) return '';
  if (position.after === undefined) return page.moreBefore ? pageToken(list, ['before', first.seq]) : '';
  const cut = readable.length < page.entries.length;
  return page.moreAfter && !cut ? pageToken(list, ['after', last.seq]) : '';
}
