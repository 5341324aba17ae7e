// The two people who are ready in dev mode, and how chat gets to know them: as any domain server would tell it.

import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { ChatServiceService, type PutUsersRequest } from '../../gen/circuit/chat/v1/chat_service.ts';

export const devAccount = '900000000001';
export const devUsers = [
  { userKey: '100000000001', displayName: 'Asha' },
  { userKey: '100000000002', displayName: 'Ravi' },
] as const;

/** The domain server for which `circuit up` prints a token. */
export const devServer = 'fish';

const withinMs = 10_000;

/** `token` is of a domain server that serves the account. Throws the gRPC error when chat cannot be told. */
export async function registerDevUsers(grpc: string, token: string): Promise<void> {
  const Client = makeGenericClientConstructor(ChatServiceService, 'ChatService');
  const client = new Client(grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const { path, requestSerialize, responseDeserialize } = ChatServiceService.putUsers;
  const users = devUsers.map((user) => ({ ...user, avatarUrl: '' }));
  const request: PutUsersRequest = { accountKey: devAccount, users };
  try {
    await new Promise<void>((resolve, reject) => {
      const options = { deadline: Date.now() + withinMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, options, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  } finally {
    client.close();
  }
}
