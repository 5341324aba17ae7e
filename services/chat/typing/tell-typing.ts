import { TypingIndicatorEvent } from '../../../gen/circuit/chat/v1/events.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { userOf } from '../callers.ts';
import type { ChatContext } from '../chat.ts';
import type { ConversationView } from '../conversation-log/conversation-log.ts';
import type { Member } from '../conversation-log/state.ts';
import { checkMaySpeak, memberIn } from '../members/rules.ts';
import { typingLimits } from './typing-board.ts';

/**
 * Notes that the caller types or stopped, and tells the others where that is news. The event has no number: it names
 * the head, so that an edge that has not got there drops it. Rejects where the caller may not speak.
 */
export async function tellTyping(context: ChatContext, conversationId: string, typing: boolean): Promise<void> {
  const { service, now } = context;
  const user = userOf(context.caller);
  const view = await service.conversations.view(context, conversationId);
  checkMaySpeak(view.state, await memberOf(view, user.key));
  const news = typing
    ? service.typing.start(conversationId, user.key, now)
    : service.typing.stop(conversationId, user.key, now);
  if (!news) return;
  const { displayName } = await service.users.get(user.accountKey, user.key, now);
  const expiresAt = new Date(typing ? now + typingLimits.lifeMs : now);
  service.bus.publish({
    topic: `c:${conversationId}`,
    seq: 0,
    after: view.state.seq,
    event: 'typing.indicator',
    data: TypingIndicatorEvent.encode({ conversationId, userKey: user.key, displayName, typing, expiresAt }).finish(),
    revokedUsers: [],
    grantedTopics: [],
    revokedTopics: [],
    blanked: [],
  });
}

/** From memory where all members are there: typing is frequent. */
async function memberOf(view: ConversationView, userKey: string): Promise<Pick<Member, 'role'>> {
  if (view.state.membersComplete) return memberIn(view.state, userKey);
  const row = await view.row(userKey);
  if (!row?.active) throw refuse('NOT_A_MEMBER');
  return row;
}
