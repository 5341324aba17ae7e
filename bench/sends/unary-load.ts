// The same sends by plain gRPC, one unary call each, as a domain server acting for a user would make them.

import { randomUUID } from 'node:crypto';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { ChatServiceService, SendMessageRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import { serveLoad } from '../load/fork.ts';

export type UnaryTask = {
  readonly address: string;
  readonly token: string;
  readonly conversation: string;
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
};

serveLoad<UnaryTask, { perSecond: number }>(async (task) => {
  const client = new Client(task.address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${task.token}`);
  const { path, requestSerialize, responseDeserialize } = ChatServiceService.sendMessage;
  let answered = 0;
  const send = (): void => {
    const request = SendMessageRequest.fromPartial({
      conversationId: task.conversation,
      clientMessageId: randomUUID(),
      content: {
        type: 1,
        text: 'Dissolved oxygen in pond A1 is 2.1 mg/L and falling; both aerators run, feeding is stopped.',
      },
    });
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, {}, (error) => {
      if (error) throw error;
      answered += 1;
      send();
    });
  };
  for (let index = 0; index < task.inFlight; index++) send();
  await new Promise((resolve) => setTimeout(resolve, task.warmUpMs));
  const before = answered;
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, task.measureMs));
  return { perSecond: ((answered - before) / (performance.now() - started)) * 1_000 };
});
