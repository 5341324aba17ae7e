// Chat's logs on a real store for tests: as many processes as a test needs, each with its own view of the store, a bus
// that remembers, and the same clock.

import { expect } from 'vitest';
import type { StoreHooks } from '../../../../embedded/store.ts';
import type { TopicEvent } from '../../../../gen/circuit/link/v1/topic_service.ts';
import type { Reason } from '../../../../mesh/errors/reasons.ts';
import type { Caller, UserCaller } from '../../../../mesh/service/caller.ts';
import type { Context } from '../../../../mesh/service/context.ts';
import { counters, openIds } from '../../../../mesh/store/ids.ts';
import { silentLog } from '../../../../mesh/telemetry/log.ts';
import type { Metrics } from '../../../../mesh/telemetry/metrics.ts';
import { openTestStore } from '../../../../tests/support/store.ts';
import type { Chat } from '../../chat.ts';
import { collections } from '../../collections.ts';
import type { OpenConversation } from '../../conversation-log/conversation-log.ts';
import { chatOver } from '../../open-chat-state.ts';
import { type ChatLogs, type LogsOptions, openLogs } from '../../open-logs.ts';
import { chatUsers } from '../../users/chat-users.ts';
import { openUsers } from '../../users/users.ts';
import { type FlakyDb, flakyDb } from './flaky-db.ts';

export const account = '900000000001';
export const asha = '100000000001';
export const ravi = '100000000002';
export const meena = '100000000003';

/** A CircuitError of this reason, whatever else it says. */
export function refusal(reason: Reason): unknown {
  return expect.objectContaining({ reason });
}

export type Process = ChatLogs & {
  /** What handlers find in their context, over the same logs. */
  readonly chat: Chat;
  /** Makes users known, as if they had called long ago. */
  meet(userKeys: readonly string[]): Promise<void>;
  readonly flaky: FlakyDb;
  /** What it published, in order. */
  readonly published: TopicEvent[];
  /** As kill -9 does: nothing more reaches the store or anybody. */
  kill(): void;
};

export type TestLogs = {
  readonly db: Awaited<ReturnType<typeof openTestStore>>['db'];
  process(more?: { readonly metrics?: Metrics }): Process;
  now(): number;
  move(ms: number): void;
  close(): Promise<void>;
};

export async function openTestLogs(hooks?: StoreHooks, options: LogsOptions = {}): Promise<TestLogs> {
  const store = await openTestStore({ collections: [...collections, chatUsers, counters], ...(hooks && { hooks }) });
  const ids = openIds({ db: store.db, key: 'a key for tests' });
  const users = openUsers(store.db);
  const processes: Process[] = [];
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  return {
    db: store.db,
    process(more: { readonly metrics?: Metrics } = {}) {
      const flaky = flakyDb(store.db);
      const published: TopicEvent[] = [];
      let dead = false;
      const bus = {
        publish: (event: TopicEvent) => {
          if (!dead) published.push(event);
        },
      };
      const logs = openLogs({ db: flaky.db, bus, ids, log: silentLog(), clock, ...more }, options);
      const process = {
        ...logs,
        chat: chatOver(logs, { db: flaky.db, bus, clock }),
        async meet(userKeys: readonly string[]) {
          await Promise.all(userKeys.map((key) => users.know(user(key), clock())));
        },
        flaky,
        published,
        kill() {
          if (dead) return;
          dead = true;
          flaky.kill();
          // What a killed process leaves running must not run on in ours.
          logs.close(0).catch(() => {});
        },
      };
      processes.push(process);
      return process;
    },
    now: clock,
    move(ms) {
      ahead += ms;
    },
    async close() {
      for (const process of processes) await process.close().catch(() => {});
      await store.close();
    },
  };
}

/** A call's context, and its end. */
export type TestCall = Context & { end(): void; abort(reason: unknown): void };

export function callBy(caller: Caller, now: number): TestCall {
  const abort = new AbortController();
  const works: (() => void)[] = [];
  return {
    caller,
    service: undefined,
    now,
    signal: abort.signal,
    abortable: abort.signal,
    deadline: now + 60_000,
    log: silentLog(),
    traceparent: '',
    onEnd: (work) => works.push(work),
    end() {
      for (const work of works.splice(0)) work();
    },
    abort: (reason) => abort.abort(reason),
  };
}

export function user(key: string): UserCaller {
  return {
    kind: 'user',
    key,
    accountKey: account,
    displayName: `User ${key}`,
    avatarUrl: '',
    roles: [],
    sessionId: key,
    issuedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  };
}

export async function makeGroup(process: Process, now: number, userKeys: readonly string[]): Promise<string> {
  const [owner = ''] = userKeys;
  const call = callBy(user(owner), now);
  const made = await process.conversations.create(call, {
    accountKey: account,
    key: { senderKey: `user:${owner}`, requestId: `make ${Math.random()}`, about: userKeys },
    type: 'group',
    info: { name: 'Pond A1' },
    onlyAdminsCanSend: false,
    members: userKeys.map((user_key, at) => ({ user_key, role: at === 0 ? 'owner' : 'member' })),
    createdBy: owner,
  });
  call.end();
  return made.conversationId;
}

/** Says one thing; refuses those who are no members. */
export function say(conversation: OpenConversation, call: Context, requestId: string, text = requestId, after = '') {
  const { key } = call.caller;
  return conversation.append(call, {
    senderKey: `user:${key}`,
    requestId,
    about: text,
    after,
    decide: (state) => {
      if (!state.members.has(key)) throw new Error('not a member');
      return {
        kind: 'message',
        content: { type: 'text', text },
        sender: { kind: 'user', user_key: key, display_name: `User ${key}` },
        metadata: { client_message_id: requestId },
      };
    },
  });
}

/** Opens, says, ends. */
export async function sayIn(
  process: Process,
  conversationId: string,
  key: string,
  requestId: string,
  now: number,
  text = requestId,
) {
  const call = callBy(user(key), now);
  try {
    return await say(await process.conversations.open(call, conversationId), call, requestId, text);
  } finally {
    call.end();
  }
}
