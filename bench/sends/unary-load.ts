// The same sends by plain gRPC, one unary call each, as a domain server acting for a user would make them.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { ChatServiceService, SendMessageRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import { serveLoad } from '../load/fork.ts';
import { messageId } from '../load/message-id.ts';
import { loadGenerator, processorTime, type SpentUs } from '../load/processor-time.ts';

export type UnaryTask = {
  readonly address: string;
  /** A token for each conversation, of a member. */
  readonly tokens: readonly string[];
  readonly conversations: readonly string[];
  /** Calls in flight in each conversation. */
  readonly inFlight: number;
  readonly processes: Readonly<Record<string, number>>;
  readonly warmUpMs: number;
  readonly measureMs: number;
};

export type UnaryResult = { readonly perSecond: number; readonly acknowledged: number; readonly spent: SpentUs };

serveLoad<UnaryTask, UnaryResult>(async (task) => {
  const client = new Client(task.address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = ChatServiceService.sendMessage;
  let answered = 0;
  const send = (conversationId: string, metadata: Metadata): void => {
    const request = SendMessageRequest.fromPartial({
      conversationId,
      clientMessageId: messageId(),
      content: {
        type: 1,
        text: 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run, feeding is stopped.',
      },
    });
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, {}, (error) => {
      if (error) throw error;
      answered += 1;
      send(conversationId, metadata);
    });
  };
  for (const [at, conversation] of task.conversations.entries()) {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${task.tokens[at]}`);
    for (let index = 0; index < task.inFlight; index++) send(conversation, metadata);
  }
  await new Promise((resolve) => setTimeout(resolve, task.warmUpMs));
  const before = answered;
  const spentSince = processorTime({ [loadGenerator]: process.pid, ...task.processes });
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, task.measureMs));
  const acknowledged = answered - before;
  const perSecond = (acknowledged / (performance.now() - started)) * 1_000;
  return { perSecond, acknowledged, spent: spentSince() };
});
