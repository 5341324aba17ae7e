import type { AddMembersRequest, AddMembersResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { AddOutcome } from '../../../gen/circuit/chat/v1/conversation.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { actorOf, senderKeyOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';
import type { ConversationState } from '../conversation-log/state.ts';
import type { Entry } from '../documents/entry.ts';
import { memberLimits } from './limits.ts';
import { newMember } from './new-member.ts';
import { adminIn, checkHasMembers, checkOpen } from './rules.ts';

/** Adds users of the account to a group or channel, and says what became of each. For admins and domain servers. */
export const addMembers: ChatHandler<AddMembersRequest, AddMembersResponse> = async (request, context) => {
  const { caller, service } = context;
  const conversation = await service.conversations.open(context, request.conversationId);
  const asked = [...new Set(request.userKeys)];
  const { accountKey } = conversation.state;
  const [known, full] = await Promise.all([
    service.users.find(accountKey, asked, context.now),
    service.room.without(accountKey, asked),
  ]);

  const change = await conversation.append(context, {
    senderKey: senderKeyOf(caller),
    requestId: request.requestId,
    about: { add: asked },
    rows: asked,
    decide: (state) => {
      if (caller.kind === 'user') adminIn(state, caller.key);
      checkHasMembers(state);
      checkOpen(state);
      const fresh = [...known.values()].filter(({ userKey }) => !state.members.has(userKey) && !full.has(userKey));
      if (fresh.length === 0) return { nothing: true };
      checkRoom(state, fresh.length);
      const members = fresh.map((user) => newMember(user, 'member'));
      return { kind: 'members_added', members, added_by: actorOf(caller) };
    },
  });
  const added = addedBy(change.entry);
  return {
    members: asked.map((userKey) => ({
      userKey,
      outcome: outcomeOf(userKey, { added, known, members: change.state.members }),
    })),
    seq: change.entry?.seq ?? 0,
  };
};

function checkRoom(state: ConversationState, coming: number): void {
  const max = state.type === 'channel' ? memberLimits.channel : memberLimits.group;
  if (state.memberCount + coming > max) throw refuse('TOO_MANY_MEMBERS', { metadata: { members_max: String(max) } });
}

function addedBy(entry: Entry | undefined): ReadonlySet<string> {
  return new Set(entry?.kind === 'members_added' ? entry.members.map((member) => member.user_key) : []);
}

type Found = {
  readonly added: ReadonlySet<string>;
  readonly known: ReadonlyMap<string, unknown>;
  readonly members: ReadonlyMap<string, unknown>;
};

function outcomeOf(userKey: string, { added, known, members }: Found): AddOutcome {
  if (added.has(userKey)) return AddOutcome.ADD_OUTCOME_ADDED;
  if (!known.has(userKey)) return AddOutcome.ADD_OUTCOME_NOT_FOUND;
  return members.has(userKey) ? AddOutcome.ADD_OUTCOME_ALREADY : AddOutcome.ADD_OUTCOME_NO_ROOM;
}
