// A WebSocket client with nothing in it but framing, so that a load generator costs as little as it can.
// It believes the server: no masks, fragments or compression are expected from it.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export type RawSocketOptions = {
  readonly port: number;
  readonly host?: string;
  readonly path?: string;
  readonly subprotocol?: string;
  readonly token?: string;
  /** Each text or binary frame's payload: a view that is gone when the listener returns. */
  readonly onFrame: (payload: Buffer) => void;
  readonly onClose?: (code: number) => void;
};

export type RawSocket = { send(text: string): void; close(): void; readonly socket: Socket };

const opcodes = { close: 8, ping: 9 } as const;

export function openRawSocket(options: RawSocketOptions): Promise<RawSocket> {
  const { port, host = '127.0.0.1', path = '/ws', subprotocol, token } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ];
    if (subprotocol) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    if (token) lines.push(`Authorization: Bearer ${token}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.on('error', reject);

    let rest: Buffer = Buffer.alloc(0);
    let open = false;
    socket.on('data', (chunk: Buffer) => {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!open) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) {
          rest = bytes;
          return;
        }
        const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
        if (!status.includes(' 101 ')) return reject(new Error(`refused: ${status}`));
        open = true;
        bytes = bytes.subarray(end + 4);
        resolve({
          socket,
          send: (text) => void socket.write(frameOf(1, Buffer.from(text))),
          close: () => socket.destroy(),
        });
      }
      rest = readFrames(bytes, socket, options);
    });
  });
}

/** Hands out whole frames; returns what is left of an unfinished one. */
function readFrames(bytes: Buffer, socket: Socket, options: RawSocketOptions): Buffer {
  let at = 0;
  while (bytes.length - at >= 2) {
    const opcode = bytes[at]! & 15;
    let length = bytes[at + 1]! & 127;
    let header = 2;
    if (length === 126) {
      if (bytes.length - at < 4) break;
      length = bytes.readUInt16BE(at + 2);
      header = 4;
    } else if (length === 127) {
      if (bytes.length - at < 10) break;
      length = Number(bytes.readBigUInt64BE(at + 2));
      header = 10;
    }
    if (bytes.length - at < header + length) break;
    const payload = bytes.subarray(at + header, at + header + length);
    if (opcode === opcodes.close) options.onClose?.(length >= 2 ? payload.readUInt16BE(0) : 1005);
    else if (opcode === opcodes.ping) socket.write(frameOf(10, payload));
    else options.onFrame(payload);
    at += header + length;
  }
  return at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
}

/** A client's frame: masked, as the protocol demands, with a mask of zeros that changes nothing. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  else if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  payload.copy(frame, 2 + extended + 4);
  return frame;
}
