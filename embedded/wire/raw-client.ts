// For tests: sends single commands over a socket of its own, as they are, without a driver's sessions and retries.
import { connect, type Socket } from 'node:net';
import { BSON } from 'bson';
import { headerBytes, opCode } from './message.ts';

export type RawClient = {
  command(command: object): Promise<Record<string, unknown>>;
  send(bytes: Buffer): void;
  /** The next whole message; undefined when the other end closed. */
  next(): Promise<Buffer | undefined>;
  readonly socket: Socket;
  close(): void;
};

export async function openRawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = Buffer.alloc(0);
  let ended = false;
  let wake: () => void = () => {};
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  for (const event of ['close', 'error', 'end']) {
    socket.on(event, () => {
      ended = true;
      wake();
    });
  }
  const next = async (): Promise<Buffer | undefined> => {
    while (received.length < 4 || received.length < received.readInt32LE(0)) {
      if (ended) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const length = received.readInt32LE(0);
    const message = received.subarray(0, length);
    received = received.subarray(length);
    return message;
  };
  return {
    socket,
    next,
    send: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
    async command(command) {
      socket.write(encodeCommand(command));
      const message = await next();
      if (message === undefined) throw new Error('the connection was closed');
      return BSON.deserialize(message.subarray(headerBytes + 5));
    },
  };
}

/** A command as one OP_MSG. */
export function encodeCommand(command: object, requestId = 1): Buffer {
  const body = BSON.serialize(command);
  const head = Buffer.alloc(headerBytes + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(opCode.message, 12);
  return Buffer.concat([head, body]);
}
