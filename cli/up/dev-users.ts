// The two people who are ready in dev mode, and how chat gets to know them: as any domain server would tell it.

import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { ChatServiceService, type PutUsersRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import type { CertFiles } from '../certs/certs-folder.ts';

export const devAccount = '900000000001';
export const devUsers = [
  { userKey: '100000000001', displayName: 'Asha' },
  { userKey: '100000000002', displayName: 'Ravi' },
] as const;

/** The domain server for which `circuit up` prints a token. */
export const devServer = 'fish';

const withinMs = 10_000;

/**
 * `token` is of a domain server that serves the account; with certificates, they say the same. Throws the gRPC error
 * when chat cannot be told.
 */
export async function registerDevUsers(grpc: string, token: string, certs?: CertFiles): Promise<void> {
  const Client = makeGenericClientConstructor(ChatServiceService, 'ChatService');
  const client = new Client(grpc, certs === undefined ? credentials.createInsecure() : credentialsOf(certs));
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

function credentialsOf({ ca, key, cert }: CertFiles): ChannelCredentials {
  return credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
}
