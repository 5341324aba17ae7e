// Documents written to the store for each send, in conversations of few and of very many members: it must be the same.
// The chat service in a real host, the store in a process of its own; what the store says it has written is counted.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import {
  ChatServiceService,
  CreateConversationRequest,
  ListConversationsRequest,
  SendMessageRequest,
} from '../../gen/circuit/chat/v1/chat_service.ts';
import { ContentType } from '../../gen/circuit/chat/v1/content.ts';
import { ConversationType } from '../../gen/circuit/chat/v1/conversation.ts';
import { asha, openTestHost, ravi, type TestHost } from '../../mesh/host/testing.ts';
import { connectStore } from '../../mesh/store/connect.ts';
import { counters, openIds } from '../../mesh/store/ids.ts';
import { migrate } from '../../mesh/store/migrate.ts';
import { openLog, silentLog } from '../../mesh/telemetry/log.ts';
import { openMetrics } from '../../mesh/telemetry/metrics.ts';
import { chatService } from '../../services/chat/service.ts';
import { openStoreProcess } from '../load/mesh.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';
import { fillWithMembers } from './members.ts';
import { countWrites } from './written.ts';

/** On both sides of where a conversation becomes a large one, and as large as they get. */
const sizes = [2, 256, 257, 10_000, 100_000] as const;
const rounds = 5;
/** In each round, at an even pace: what is written behind is written by time. */
const sends = 200;
const everyMs = 10;
const goal = 1.1;

export async function rows(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-bench-'));
  const store = await openStoreProcess(folder);
  const connection = await connectStore({ uri: store.uri, log: silentLog(), metrics: openMetrics() });
  const { db } = connection;
  try {
    const signal = AbortSignal.timeout(60_000);
    await migrate({ db, collections: [...chatService.collections, counters], log: silentLog(), signal });
    const conversations = await conversationsOf(db);
    // A service that has not seen them small.
    const host = await openChatHost(db);
    const written = countWrites(db.client);
    const measured: number[][] = conversations.map(() => []);
    for (const conversation of conversations) await sendAll(host, conversation, everyMs);
    for (let round = 0; round < rounds; round++) {
      for (const [at, conversation] of conversations.entries()) {
        const before = written();
        await sendAll(host, conversation, everyMs);
        measured[at]!.push((written() - before) / sends);
      }
    }
    await host.close();
    return rowsOf(measured);
  } finally {
    await connection.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(measured: readonly (readonly number[])[]): Row[] {
  const [few = []] = measured;
  return sizes.map((size, at) => {
    const row: Row = {
      name: `writes of a send to ${size.toLocaleString('en-GB')} members`,
      ...quoted(measured[at]!),
      unit: 'documents',
      note: `${sends} sends in each round, one every ${everyMs} ms; of all collections, by the store's own answers`,
    };
    if (at === 0) return row;
    return { ...row, ...against(measured[at]!, few), of: `the same to ${sizes[0]}`, goal, less: true };
  });
}

/** One of each size: made and spoken in as people do, and filled with members below the services. */
async function conversationsOf(db: Db): Promise<readonly string[]> {
  const host = await openChatHost(db);
  await host.asUser(ravi).call(ChatServiceService.listConversations, ListConversationsRequest.fromPartial({}));
  const made: string[] = [];
  for (const size of sizes) {
    const request = CreateConversationRequest.fromPartial({
      requestId: `writes-${size}`,
      type: ConversationType.CONVERSATION_TYPE_GROUP,
      info: { name: `${size} members` },
      participantKeys: [ravi.userKey],
    });
    const { conversation } = await host.asUser(asha).call(ChatServiceService.createConversation, request);
    if (conversation === undefined) throw new Error('no conversation was made');
    made.push(conversation.conversationId);
  }
  await host.close();
  for (const [at, conversation] of made.entries()) await fillWithMembers(db, conversation, sizes[at]!);
  return made;
}

function openChatHost(db: Db): Promise<TestHost> {
  const log = openLog({ level: 'warn', destination: process.stderr });
  return openTestHost({ services: [chatService], db, ids: openIds({ db, key: 'bench' }), log });
}

async function sendAll(host: TestHost, conversationId: string, paceMs: number): Promise<void> {
  const sender = host.asUser(asha);
  const all: Promise<unknown>[] = [];
  const started = performance.now();
  for (let n = 0; n < sends; n++) {
    const request = SendMessageRequest.fromPartial({
      conversationId,
      clientMessageId: `${conversationId}-${started}-${n}`,
      content: { type: ContentType.CONTENT_TYPE_TEXT, text: 'Oxygen in pond A1 is 2.1 mg/L and falling.' },
    });
    all.push(sender.call(ChatServiceService.sendMessage, request));
    await delay(Math.max(0, started + (n + 1) * paceMs - performance.now()));
  }
  await Promise.all(all);
}
