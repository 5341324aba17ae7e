import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denoBinary } from '../../cli/doctor/deno-binary.ts';
import { packageRoot } from '../../cli/process/version.ts';
import { registerDevUsers } from '../../cli/up/dev-users.ts';
import { type Edge, openEdge } from '../../edge/open-edge.ts';
import { ChatServiceService, type ListConversationsResponse } from '../../gen/circuit/chat/v1/chat_service.ts';
import { type Issuer, openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { openVerifier, type Verifier } from '../../mesh/auth/verifier.ts';
import { type MeshLinks, openLinks } from '../../mesh/caller/link-client/open-links.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { chatService } from '../../services/chat/service.ts';
import { type Target, targetOf } from '../protocol/target.ts';
import { describeTour } from '../protocol/tour/tour.ts';
import { type Collector, openCollector } from '../support/collector.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { account, asha, ravi } from './running-mesh.ts';
import { PlainSocket } from './socket.ts';
import { Talkers } from './talkers.ts';

const deno = denoBinary();
const startMs = 60_000;
const secret = 'a secret of at least thirty-two bytes';
const trust = { key: secretKey(secret), issuer: 'circuit', audience: 'circuit' };

let collector: Collector;
let store: TestStore;
let service: ChildProcess;
let address = '';
let links: MeshLinks;
let edge: Edge;
let verifier: Verifier;
let target: Target;
const issuer: Issuer = openIssuer(trust);
const tokenOf = (userKey: string, displayName: string) =>
  issuer.issueUser({ userKey, accountKey: account, displayName });
const serverToken = () => issuer.issueService({ kind: 'domain_server', key: 'fish', accountKeys: [account] });

function interrupt(): void {
  if (service?.pid !== undefined && service.exitCode === null) process.kill(-service.pid, 'SIGINT');
}

/** `deno task serve chat`, from the sources; resolves to where it listens. */
function serveOnDeno(uri: string): Promise<string> {
  service = spawn(deno as string, ['task', 'serve', 'chat'], {
    cwd: packageRoot,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DENO_NO_UPDATE_CHECK: '1',
      MONGODB_URI: uri,
      CIRCUIT_GRPC_PORT: '0',
      CIRCUIT_TOKEN_SECRET: secret,
      CIRCUIT_ID_KEY: 'a key that tests share',
      OTEL_DENO: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // `deno task` hands no signal on: a terminal's Ctrl-C, like `interrupt` below, reaches its whole group.
    detached: true,
  });
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    for (const stream of [service.stdout, service.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
        printed.push(line);
        const [, listening] = /^\{"listening":"([^"]+)"\}$/.exec(line) ?? [];
        if (listening !== undefined) resolve(listening);
      });
    }
    service.once('close', (code) => reject(new Error(`Deno ended with ${code}:\n${printed.join('\n')}`)));
  });
}

function linksAre(healthy: boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (links.healthy() === healthy) resolve();
    };
    links.onChange(look);
    look();
  });
}

describe.skipIf(deno === undefined)('chat on Deno', () => {
  beforeAll(async () => {
    collector = await openCollector();
    store = await openTestStore({ collections: chatService.collections });
    address = await serveOnDeno(store.uri);
    const api = loadApiFile();
    const log = silentLog();
    verifier = openVerifier(trust);
    const token = () => issuer.issueService({ kind: 'edge', key: 'edge' });
    links = openLinks({ api, peers: new Map([['chat', [address]]]), token, log });
    edge = await openEdge({
      api,
      links,
      verifier,
      log,
      issuer,
      limits: { costPerSecond: 100_000, costBurst: 100_000 },
    });
    await linksAre(true);
    target = targetOf({
      url: `http://127.0.0.1:${edge.port}`,
      grpc: address,
      tokenA: await tokenOf(asha, 'Asha'),
      tokenB: await tokenOf(ravi, 'Ravi'),
      serverToken: await serverToken(),
      close: async () => {},
    });
  }, startMs);
  afterAll(async () => {
    await edge?.close();
    await links?.close();
    await verifier?.close();
    interrupt();
    await store?.close();
    await collector?.close();
  }, startMs);

  it('serves apps through an edge on Node: what one sends, the other is told at once', async () => {
    const her = new PlainSocket(target.url, target.tokenA);
    const his = new PlainSocket(target.url, target.tokenB);
    try {
      await Promise.all([her, his].map((socket) => socket.next(({ event }) => event === 'ready')));
      const { conversation } = await her.call<{ conversation: { conversation_id: string } }>('conversation.create', {
        request_id: 'request-1',
        type: 'direct',
        participant_keys: [ravi],
      });
      const { conversation_id } = conversation;
      await his.next(({ event, data }) => event === 'joined' && JSON.stringify(data).includes(conversation_id));
      const content = { type: 'text', text: 'DO is 2.1' };
      const sent = { conversation_id, client_message_id: 'message-1', content };
      const { message } = await her.call<{ message: { message_id: string } }>('message.send', sent);
      expect(message).toMatchObject({ conversation_id, content });
      const heard = await his.next(
        ({ event, data }) => event === 'message.new' && JSON.stringify(data).includes('DO is'),
      );
      expect(heard.data).toMatchObject({ message: { message_id: message.message_id, content, seq: 2 } });
    } finally {
      her.close();
      his.close();
    }
  });

  it('keeps every promise to people who talk without a pause', { timeout: startMs }, async () => {
    await registerDevUsers(address, await serverToken());
    const talkers = await Talkers.open(`http://127.0.0.1:${edge.port}`);
    try {
      talkers.start();
      await talkers.acknowledgements(1_000);
      expect(await talkers.verdict()).toEqual([]);
    } finally {
      talkers.close();
    }
  });

  it('serves domain servers over gRPC', async () => {
    const Client = makeGenericClientConstructor(ChatServiceService, 'ChatService');
    const client = new Client(address, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await serverToken()}`);
    metadata.set('circuit-act-for', asha);
    metadata.set('circuit-account', account);
    const { path, requestSerialize, responseDeserialize, requestDeserialize } = ChatServiceService.listConversations;
    const request = requestDeserialize(Buffer.alloc(0));
    const listed = await new Promise<ListConversationsResponse>((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, {}, (error, response) =>
        error || response === undefined ? reject(error) : resolve(response),
      );
    });
    client.close();
    const members = listed.conversations.map(({ participants }) => participants.map(({ userKey }) => userKey).sort());
    expect(members).toEqual([[asha, ravi]]);
  });

  it("traces calls down to the database, by Deno's own SDK", { timeout: startMs }, async () => {
    const find = (name: string) => collector.spans.find((span) => span.name === name);
    const rpc = 'circuit.chat.v1.ChatService/ListConversations';
    await expect.poll(() => find(rpc), { timeout: startMs }).toBeDefined();
    const call = find(rpc);
    expect(find('find conversations')).toMatchObject({ traceId: call?.traceId, parentSpanId: call?.spanId });
  });

  describeTour(() => target);

  it('ends in order when told to', async () => {
    const ended = new Promise((resolve) => service.once('close', resolve));
    interrupt();
    await Promise.all([ended, linksAre(false)]);
  });
});
