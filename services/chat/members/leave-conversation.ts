import type { LeaveConversationRequest, LeaveConversationResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import type { ChatHandler } from '../chat.ts';
import { leave } from './leave.ts';

/** Leaves a group or channel. */
export const leaveConversation: ChatHandler<LeaveConversationRequest, LeaveConversationResponse> = async (
  request,
  context,
) => ({ seq: await leave(context, request) });
