import type { PutUsersRequest, PutUsersResponse } from '../../../gen/circuit/chat/v1/chat_service.ts';
import { accountOf } from '../callers.ts';
import type { ChatHandler } from '../chat.ts';

/** Makes users of an account known, or renames them. A user of another account is refused with ACCOUNT_NOT_ALLOWED. */
export const putUsers: ChatHandler<PutUsersRequest, PutUsersResponse> = async (request, context) => {
  const accountKey = accountOf(context.caller, request.accountKey);
  await context.service.users.put(accountKey, request.users, context.now);
  return {};
};
