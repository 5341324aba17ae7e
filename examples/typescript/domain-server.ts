// A domain server of a fish farm, in TypeScript over gRPC: makes two users known, opens a group for a pond, posts a
// notice of its own, and speaks as one of its users. Prints one JSON line for each step.
// FARM_ADDRESS: host:port of the services' gRPC. FARM_TOKEN: the server's service token. FARM_ACCOUNT: its account.

import { randomUUID } from 'node:crypto';
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import {
  ChatServiceService,
  CreateConversationRequest,
  ListMessagesRequest,
  PostSystemMessageRequest,
  PutUsersRequest,
  SendMessageRequest,
} from '../../gen/circuit/chat/v1/chat_service.ts';
import { ContentType } from '../../gen/circuit/chat/v1/content.ts';
import { ConversationType } from '../../gen/circuit/chat/v1/conversation.ts';

const callMs = 5_000;
const attemptsMax = 3;
const asha = '100000000001';
const ravi = '100000000002';

const { FARM_ADDRESS: address = '127.0.0.1:7070', FARM_TOKEN: token = '', FARM_ACCOUNT: account = '' } = process.env;
const Client = makeGenericClientConstructor(ChatServiceService, 'ChatService');
const client = new Client(address, credentials.createInsecure());

const asServer = new Metadata();
asServer.set('authorization', `Bearer ${token}`);
// A domain server speaks for a user of its account by naming both beside its own token.
const asAsha = asServer.clone();
asAsha.set('circuit-act-for', asha);
asAsha.set('circuit-account', account);

try {
  await run();
} finally {
  client.close();
}

async function run(): Promise<void> {
  const users = [
    { userKey: asha, displayName: 'Asha' },
    { userKey: ravi, displayName: 'Ravi' },
  ];
  await call('putUsers', asServer, PutUsersRequest.fromPartial({ accountKey: account, users }));
  say('users', { known: [asha, ravi] });

  const { conversation } = await call(
    'createConversation',
    asServer,
    CreateConversationRequest.fromPartial({
      requestId: randomUUID(),
      accountKey: account,
      type: ConversationType.CONVERSATION_TYPE_GROUP,
      participantKeys: [asha, ravi],
      info: { name: 'Pond A1' },
    }),
  );
  const conversationId = conversation?.conversationId ?? '';
  say('conversation', { conversation_id: conversationId });

  const notice = await call(
    'postSystemMessage',
    asServer,
    PostSystemMessageRequest.fromPartial({
      conversationId,
      clientMessageId: randomUUID(),
      system: {
        kind: 'low_do',
        parameters: new Map([
          ['pond', 'A1'],
          ['mg_per_l', '2.1'],
        ]),
      },
      text: 'Oxygen in pond A1 is low: 2.1 mg/l',
    }),
  );
  say('notice', { message_id: notice.message?.messageId, kind: notice.message?.system?.kind });

  const sent = await call(
    'sendMessage',
    asAsha,
    SendMessageRequest.fromPartial({
      conversationId,
      clientMessageId: randomUUID(),
      content: { type: ContentType.CONTENT_TYPE_TEXT, text: 'Aerators are on' },
    }),
  );
  const { messageId, seq, sender } = sent.message ?? {};
  say('sent', { message_id: messageId, seq, sender: sender?.displayName });

  const history = await call('listMessages', asAsha, ListMessagesRequest.fromPartial({ conversationId }));
  say('history', { texts: history.messages.flatMap((message) => message.content?.text || []) });
}

type Methods = typeof ChatServiceService;
type Request<Name extends keyof Methods> = ReturnType<Methods[Name]['requestDeserialize']>;
type Response<Name extends keyof Methods> = ReturnType<Methods[Name]['responseDeserialize']>;

/** Calls, and calls again where the first try may be lost: the request's own id makes a repeat the same call. */
async function call<Name extends keyof Methods>(
  name: Name,
  metadata: Metadata,
  request: Request<Name>,
): Promise<Response<Name>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(name, metadata, request);
    } catch (error) {
      if ((error as ServiceError).code !== status.UNAVAILABLE || attempt === attemptsMax) throw error;
    }
  }
}

function once<Name extends keyof Methods>(
  name: Name,
  metadata: Metadata,
  request: Request<Name>,
): Promise<Response<Name>> {
  const { path, requestSerialize, responseDeserialize } = ChatServiceService[name];
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize as (value: Request<Name>) => Buffer,
      responseDeserialize as (bytes: Buffer) => Response<Name>,
      request,
      metadata,
      { deadline: Date.now() + callMs },
      (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
    );
  });
}

function say(step: string, more: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ step, ...more })}\n`);
}
