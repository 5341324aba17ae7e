import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../telemetry/log.ts';
import { Directory } from './directory.ts';
import { parseTarget } from './target.ts';
import { DnsServer } from './testdata/dns-server.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serve(...addresses: string[]): Promise<DnsServer> {
  const server = await DnsServer.open(addresses);
  opened.push(server);
  return server;
}

function look(peers: Record<string, readonly string[]>, lookUpMs = 20): Directory {
  const directory = new Directory({ peers: new Map(Object.entries(peers)), log: silentLog(), lookUpMs });
  opened.push(directory);
  return directory;
}

const nameAt = ({ port }: DnsServer, name = 'chat.test') => `dns://127.0.0.1:${port}/${name}:7070`;

describe('the directory of processes', () => {
  it('has what is listed as it is, and looks nothing up for it', () => {
    const directory = look({ chat: ['10.0.0.1:7070', '[::1]:7071'], tasks: ['10.0.0.1:7070'] });
    expect(directory.of('chat')).toEqual(['10.0.0.1:7070', '[::1]:7071']);
    expect(directory.of('nobody')).toEqual([]);
    expect([...directory.all()]).toEqual(['10.0.0.1:7070', '[::1]:7071']);
  });

  it('finds the processes behind a name, and those that come and go', async () => {
    const dns = await serve('127.0.0.2', '127.0.0.1');
    const directory = look({ chat: [nameAt(dns)], tasks: [nameAt(dns), '10.0.0.9:1'] });
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.1:7070', '127.0.0.2:7070']);
    expect(directory.of('tasks')).toEqual(['127.0.0.1:7070', '127.0.0.2:7070', '10.0.0.9:1']);
    dns.addresses = ['127.0.0.3', '127.0.0.1'];
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.1:7070', '127.0.0.3:7070']);
  });

  it.each(['fails', 'empty'] as const)('keeps the processes it knows while the name server %s', async (how) => {
    const dns = await serve('127.0.0.1');
    const directory = look({ chat: [nameAt(dns)] });
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.1:7070']);
    if (how === 'empty') dns.addresses = [];
    else dns.mood = how;
    const before = dns.questions;
    await expect.poll(() => dns.questions).toBeGreaterThan(before + 2);
    expect(directory.of('chat')).toEqual(['127.0.0.1:7070']);
    dns.mood = 'answers';
    dns.addresses = ['127.0.0.2'];
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.2:7070']);
  });

  it('looks again when somebody lost a process, but not for each loss', async () => {
    const dns = await serve('127.0.0.1');
    const directory = look({ chat: [nameAt(dns)] }, 3_600_000);
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.1:7070']);
    dns.addresses = ['127.0.0.2'];
    for (let loss = 0; loss < 100; loss += 1) directory.lookSoon();
    await expect.poll(() => directory.of('chat'), { timeout: 5_000 }).toEqual(['127.0.0.2:7070']);
    expect(dns.questions).toBe(2);
  });

  it('asks as the machine does where no server is named', async () => {
    const directory = look({ chat: ['dns:///localhost:7070'] });
    await expect.poll(() => directory.of('chat')).toEqual(['127.0.0.1:7070']);
  });
});

describe('a peer in the configuration', () => {
  it('is an address or a name', () => {
    expect(parseTarget('chat-0.chat:7070')).toEqual({ kind: 'address', address: 'chat-0.chat:7070' });
    expect(parseTarget('dns:///chat:7070')).toEqual({ kind: 'dns', name: 'chat', port: 7070, server: undefined });
    expect(parseTarget('dns://10.0.0.53/chat:1')).toEqual({ kind: 'dns', name: 'chat', port: 1, server: '10.0.0.53' });
  });

  it.each([
    'chat',
    'chat:0',
    'chat:70707',
    'dns:chat:7070',
    'dns:///chat',
    'dns://names/chat:7070',
    'http://chat:1',
    'xds:chat',
  ])('is not %s', (text) => expect(() => parseTarget(text)).toThrow(/"/));

  it('is a name of a control plane, where the library for it is installed', () => {
    expect(parseTarget('xds:///chat')).toEqual({ kind: 'xds', name: 'chat', authority: '' });
    expect(parseTarget('xds://plane/a/chat:1')).toEqual({ kind: 'xds', name: 'a/chat:1', authority: 'plane' });
    expect(() => parseTarget('xds:///chat', () => false)).toThrow(/npm install @grpc\/grpc-js-xds/);
  });
});
