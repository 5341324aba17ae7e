// The chat service's state, as its handlers find it in `context.service`. service.ts opens it and holds the table.

import type { Bus } from '../../mesh/bus/bus.ts';
import type { Context, Handler } from '../../mesh/service/context.ts';
import type { OpenService } from '../../mesh/service/define-service.ts';
import type { Conversations } from './conversation-log/conversation-log.ts';
import type { ConversationLists } from './conversations/conversation-lists.ts';
import type { FirstRows } from './conversations/first-members.ts';
import type { HiddenMessages } from './conversations/hidden-messages.ts';
import type { Room } from './members/room.ts';
import type { TypingBoard } from './typing/typing-board.ts';
import type { UserLogs } from './user-log/user-logs.ts';
import type { Users } from './users/users.ts';

export type Chat = OpenService & {
  readonly conversations: Conversations;
  readonly userLogs: UserLogs;
  readonly users: Users;
  readonly lists: ConversationLists;
  readonly hiddenMessages: HiddenMessages;
  readonly firstRows: FirstRows;
  readonly room: Room;
  readonly typing: TypingBoard;
  readonly bus: Bus;
};

export type ChatContext = Context<Chat>;
export type ChatHandler<Request, Response> = Handler<Request, Response, Chat>;
