import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Wire } from './proxy.ts';

let echo: Server;
let wire: Wire;
const opened = new Set<Socket>();

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  wire = await Wire.open('test');
  wire.leadTo(`http://127.0.0.1:${(echo.address() as AddressInfo).port}/path`);
});
afterEach(async () => {
  for (const socket of opened) socket.destroy();
  opened.clear();
  await wire.close();
  echo.close();
});

async function dial(): Promise<Socket> {
  const [host = '', port = ''] = wire.address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => {});
  opened.add(socket);
  await once(socket, 'connect');
  return socket;
}

const said = async (socket: Socket) => String((await once(socket, 'data'))[0]);

describe('a wire', () => {
  it('carries bytes both ways', async () => {
    const socket = await dial();
    socket.write('hello');
    expect(await said(socket)).toBe('hello');
  });

  it('that is cut ends what runs through it, and takes nothing until it is healed', async () => {
    const socket = await dial();
    const ended = once(socket, 'close');
    wire.cut();
    await ended;
    const refused = await dial();
    await once(refused, 'close');
    wire.heal();
    const again = await dial();
    again.write('back');
    expect(await said(again)).toBe('back');
  });

  it('that is whole is not changed by healing: each byte comes once', async () => {
    const socket = await dial();
    wire.heal();
    let heard = '';
    socket.on('data', (bytes) => {
      heard += String(bytes);
    });
    socket.end('hello');
    await once(socket, 'end');
    expect(heard).toBe('hello');
  });

  it('that hangs keeps bytes and ends nothing, old connections and new ones, and then goes on', async () => {
    const socket = await dial();
    socket.write('one');
    expect(await said(socket)).toBe('one');
    wire.hang();
    let heard = '';
    socket.on('data', (bytes) => {
      heard += String(bytes);
    });
    socket.write('two');
    const late = await dial();
    late.write('three');
    // A round trip of another connection through the same loop: had bytes passed, they would be here.
    const direct = connect((echo.address() as AddressInfo).port, '127.0.0.1');
    opened.add(direct);
    direct.write('probe');
    await said(direct);
    expect([heard, socket.destroyed, late.destroyed]).toEqual(['', false, false]);
    const [two, three] = [once(socket, 'data'), said(late)];
    wire.heal();
    await two;
    expect([heard, await three]).toEqual(['two', 'three']);
  });

  it('tells one side only after the hanging that the other is gone', async () => {
    const met = once(echo, 'connection');
    const socket = await dial();
    const [other] = (await met) as [Socket];
    let told = false;
    const gone = once(other, 'close').then(() => {
      told = true;
    });
    wire.hang();
    socket.end();
    const direct = connect((echo.address() as AddressInfo).port, '127.0.0.1');
    opened.add(direct);
    direct.write('probe');
    await said(direct);
    expect(told).toBe(false);
    wire.heal();
    await gone;
  });
});
