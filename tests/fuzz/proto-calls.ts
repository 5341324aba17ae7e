// Calls over a socket with the binary subprotocol, for fuzzers: requests are bytes, and so are frames.

import type { App } from '../../edge/testing/app.ts';
import { ClientFrame, type Reply, ServerFrame } from '../../gen/circuit/socket/v1/socket_service.ts';

/** The reply to a request, which may be any bytes. */
export async function callByProto(app: App, id: number, event: string, data: Uint8Array): Promise<Reply> {
  app.socket.send(ClientFrame.encode({ id, event, data: Buffer.from(data) }).finish());
  const frame = await app.next((each) => replyIn(each)?.id === id);
  return replyIn(frame)!;
}

function replyIn({ bytes }: Readonly<Record<string, unknown>>): Reply | undefined {
  const { kind } = ServerFrame.decode(bytes as Uint8Array);
  return kind?.$case === 'reply' ? kind.value : undefined;
}
