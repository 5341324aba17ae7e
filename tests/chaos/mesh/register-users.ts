// Makes users known to chat, as the platform's domain servers do.

import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { ChatServiceService, type PutUsersRequest } from '../../../gen/circuit/chat/v1/chat_service.ts';

/** Users in one call; chat takes no more. */
const pageMax = 100;
const withinMs = 10_000;

/** `token` is of a domain server that serves the account. Throws the gRPC error. */
export async function registerUsers(
  grpc: string,
  token: string,
  accountKey: string,
  userKeys: readonly string[],
): Promise<void> {
  const Client = makeGenericClientConstructor(ChatServiceService, 'ChatService');
  const client = new Client(grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const { path, requestSerialize, responseDeserialize } = ChatServiceService.putUsers;
  const put = (request: PutUsersRequest) =>
    new Promise<void>((resolve, reject) => {
      const options = { deadline: Date.now() + withinMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, options, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  try {
    for (let from = 0; from < userKeys.length; from += pageMax) {
      const page = userKeys.slice(from, from + pageMax);
      await put({ accountKey, users: page.map((userKey) => ({ userKey, displayName: userKey, avatarUrl: '' })) });
    }
  } finally {
    client.close();
  }
}
