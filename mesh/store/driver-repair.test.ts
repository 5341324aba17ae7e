import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { MongoNetworkError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { repairDriver } from './driver-repair.ts';

repairDriver();
const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js');
const command = { toBin: async () => [Buffer.from('hello')] };

/** The driver's connection over a socket to a server that does this with what dials it. */
async function connectionTo(accept: (socket: Socket) => void) {
  const server = createServer(accept).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const ended: Error[] = [];
  const connection = Object.create(Connection.prototype, {
    socket: { value: socket },
    address: { value: 'here' },
    cleanup: { value: (error: Error) => ended.push(error) },
  });
  const write = () => connection.writeCommand(command, { agreedCompressor: 'none' });
  return { socket, ended, write, close: () => server.close() };
}

describe('a command that is written', () => {
  it('to a socket that is just closing fails, and does not wait for ever', async () => {
    const { socket, ended, write, close } = await connectionTo((each) => each.resume());
    await once(socket, 'connect');
    // Destroyed, and its `close` is still to come: what the driver meets when many connections break in one turn.
    socket.destroy();
    await expect(write()).rejects.toThrow('here was closed');
    expect(ended).toHaveLength(1);
    close();
  });

  it('to a socket that the other side has ended fails as a lost connection', async () => {
    const { socket, write, close } = await connectionTo((each) => each.end());
    socket.resume();
    const failed = new Promise((resolve) => {
      socket.once('end', () => write().catch(resolve));
    });
    expect(await failed).toBeInstanceOf(MongoNetworkError);
    close();
  });
});
