import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { repairDriver } from './driver-repair.ts';

it('a command that is written to a socket that is just closing fails, and does not wait for ever', async () => {
  repairDriver();
  const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js');
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const ended: Error[] = [];
  const connection = Object.create(Connection.prototype, {
    socket: { value: socket },
    address: { value: 'here' },
    cleanup: { value: (error: Error) => ended.push(error) },
  });
  // Destroyed, and its `close` is still to come: what the driver meets when many connections break in one turn.
  socket.destroy();
  const command = { toBin: async () => [Buffer.from('hello')] };
  await expect(connection.writeCommand(command, { agreedCompressor: 'none' })).rejects.toThrow('here was closed');
  expect(ended).toHaveLength(1);
  server.close();
});
