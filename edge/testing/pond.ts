// The pond service of the edge's tests: logs in memory, rights by user, and a publisher that loses what it is told to.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { MethodDefinition } from '@grpc/grpc-js';
import { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Bus } from '../../mesh/bus/bus.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { HostedService } from '../../mesh/host/host.ts';
import type { Api } from '../../mesh/schema/api.ts';
import { loadApi } from '../../mesh/schema/load-api.ts';
import type { Context } from '../../mesh/service/context.ts';
import type { TopicSource } from '../../mesh/service/topic-source.ts';

/** A part of a long body. */
export type Part = { readonly pondId: string; readonly offset: number; readonly water: Uint8Array };

export type Line = { readonly pondId: string; readonly text: string; readonly requestId: string };

let loaded: Promise<Api> | undefined;

/** The API with PondService and what the mesh itself needs. */
export function pondApi(): Promise<Api> {
  loaded ??= buildApi();
  return loaded;
}

async function buildApi(): Promise<Api> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-pond-'));
  try {
    const config = join(folder, 'buf.yaml');
    const output = join(folder, 'set.binpb');
    const modules = [
      { path: 'proto' },
      { path: 'edge/testing' },
      { path: 'node_modules/protobufjs', includes: ['node_modules/protobufjs/google/api'] },
    ];
    await writeFile(config, JSON.stringify({ version: 'v2', modules }));
    const paths = ['proto/circuit/link', 'proto/circuit/socket', 'edge/testing/pond.proto'].flatMap((path) => [
      '--path',
      path,
    ]);
    await promisify(execFile)('node_modules/.bin/buf', ['build', '--config', config, ...paths, '-o', output]);
    return loadApi(await readFile(output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Topics with their logs, and who may follow them. */
export class Ponds {
  readonly #logs = new Map<string, TopicEvent[]>();
  readonly #members = new Map<string, Map<string, number>>();
  bus: Bus = { publish: () => {} };
  /** Requests that were made of this source, by kind. */
  readonly asked: { kind: string; topic: string; after?: number }[] = [];
  /** Runs before each answer of the topic source; tests hold it here or throw. */
  beforeAnswer: (kind: string) => Promise<void> = async () => {};
  /** Runs when an answer was made and has not been sent. */
  afterAnswer: (kind: string) => void = () => {};
  /** The log no longer reaches back to positions below this. */
  floor = 0;
  /** Takes what is poured into a pond; tests look at it, hold it or refuse it here. */
  pour: (part: Part) => Promise<number> = async ({ offset, water }) => offset + water.length;
  #onStalled: (signal: AbortSignal) => void = () => {};

  /** The signal of the next call that never answers. */
  nextStalled(): Promise<AbortSignal> {
    return new Promise((resolve) => {
      this.#onStalled = resolve;
    });
  }

  stall(signal: AbortSignal): void {
    this.#onStalled(signal);
  }

  log(topic: string): TopicEvent[] {
    let log = this.#logs.get(topic);
    if (log === undefined) {
      log = [];
      this.#logs.set(topic, log);
    }
    return log;
  }

  /** Appends to a topic's log, and publishes unless that is lost. */
  append(topic: string, part: Partial<TopicEvent> & { readonly text?: string }, lost = false): TopicEvent {
    const log = this.log(topic);
    const { text = '', ...rest } = part;
    const isUser = topic.startsWith('u:');
    const event = TopicEvent.fromPartial({
      topic,
      seq: log.length + 1,
      event: isUser ? 'pond.notice' : 'pond.said',
      data: isUser ? encodeNotice(text) : encodeLine({ pondId: topic.slice(2), text, requestId: '' }),
      ...rest,
    });
    log.push(event);
    if (!lost) this.bus.publish(event);
    return event;
  }

  /** An event without a number. */
  splash(topic: string, text: string, after = this.log(topic).length): void {
    this.bus.publish(TopicEvent.fromPartial({ topic, after, event: 'pond.splash', data: encodeNotice(text) }));
  }

  /** Lets a user follow a topic; told in the user's log only if asked. */
  admit(userKey: string, topic: string, tell = false): void {
    const since = this.log(topic).length;
    this.#membersOf(topic).set(userKey, since);
    if (tell) this.append(`u:${userKey}`, { grantedTopics: [{ topic, since, follow: true }] });
  }

  /** Ends the right: an entry of the topic's own log. */
  expel(userKey: string, topic: string, lost = false): TopicEvent {
    this.#membersOf(topic).delete(userKey);
    return this.append(topic, { text: `${userKey} left`, revokedUsers: [userKey] }, lost);
  }

  readonly source: TopicSource = {
    grants: async ({ userKey }) => {
      await this.#answering('grants', userKey);
      const grants = [];
      for (const [topic, members] of this.#members) {
        const since = members.get(userKey);
        if (since !== undefined) grants.push({ topic, since, follow: !topic.startsWith('q:large') });
      }
      this.afterAnswer('grants');
      return grants;
    },
    heads: async (topics) => {
      await this.#answering('heads', topics.join(' '));
      return topics.map((topic) => ({ topic, seq: this.log(topic).length }));
    },
    entries: async (topic, after, limit) => {
      this.asked.push({ kind: 'entries', topic, after });
      await this.beforeAnswer('entries');
      const log = this.log(topic);
      return { events: log.slice(after, after + limit), head: log.length, gone: after < this.floor };
    },
    rights: async (topic, userKeys) => {
      await this.#answering('rights', topic);
      const members = this.#membersOf(topic);
      const rights = userKeys.flatMap((userKey) => {
        const since = topic === `u:${userKey}` ? 0 : members.get(userKey);
        return since === undefined ? [] : [{ userKey, since }];
      });
      return { head: this.log(topic).length, rights };
    },
  };

  async #answering(kind: string, topic: string): Promise<void> {
    this.asked.push({ kind, topic });
    await this.beforeAnswer(kind);
  }

  #membersOf(topic: string): Map<string, number> {
    let members = this.#members.get(topic);
    if (members === undefined) {
      members = new Map();
      this.#members.set(topic, members);
    }
    return members;
  }
}

/** The service over such ponds. */
export function pondService(ponds: Ponds): HostedService {
  return {
    name: 'pond',
    definition: { say: rpc('Say'), echo: rpc('Echo'), stall: rpc('Stall'), drain: rpc('Drain'), pour: pourRpc },
    handlers: {
      say: async (line: Line) => {
        if (line.text === 'refuse') throw refuse('CONFLICT', { retryAfterMs: 250 });
        if (line.text === 'break') throw new Error('broken on purpose');
        return { seq: ponds.append(`q:${line.pondId}`, { text: line.text }).seq };
      },
      echo: async (line: Line) => line,
      drain: async (line: Line) => line,
      pour: (part: Part) => ponds.pour(part),
      stall: (_line: Line, context: Context<unknown>) =>
        new Promise((_, reject) => {
          ponds.stall(context.signal);
          context.signal.addEventListener('abort', () => reject(refuse('CANCELLED')), { once: true });
        }),
    },
    open: async (ground) => {
      ponds.bus = ground.bus;
      return { topics: ponds.source, close: async () => {} };
    },
  };
}

/** A second service that keeps topics, and has nothing else. */
export function wellService(wells: Ponds): HostedService {
  return {
    name: 'well',
    definition: {},
    handlers: {},
    open: async (ground) => {
      wells.bus = ground.bus;
      return { topics: wells.source, close: async () => {} };
    },
  };
}

export function encodeLine({ pondId, text, requestId }: Line): Buffer {
  const writer = new BinaryWriter();
  if (pondId !== '') writer.uint32(10).string(pondId);
  if (text !== '') writer.uint32(18).string(text);
  if (requestId !== '') writer.uint32(26).string(requestId);
  return Buffer.from(writer.finish());
}

export function decodeLine(bytes: Uint8Array): Line {
  const reader = new BinaryReader(bytes);
  let line: Line = { pondId: '', text: '', requestId: '' };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) line = { ...line, pondId: reader.string() };
    else if (tag === 18) line = { ...line, text: reader.string() };
    else if (tag === 26) line = { ...line, requestId: reader.string() };
    else reader.skip(tag & 7, tag >>> 3);
  }
  return line;
}

function encodeNotice(text: string): Buffer {
  return Buffer.from(new BinaryWriter().uint32(10).string(text).finish());
}

type Response = Line | { readonly seq: number };

function encodeResponse(response: Response): Buffer {
  if ('seq' in response) return Buffer.from(new BinaryWriter().uint32(8).int64(response.seq).finish());
  return encodeLine(response);
}

function rpc(name: string): MethodDefinition<Line, Response> {
  return {
    path: `/circuit.pond.v1.PondService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encodeLine,
    requestDeserialize: decodeLine,
    responseSerialize: encodeResponse,
    responseDeserialize: decodeLine,
  };
}

const pourRpc: MethodDefinition<Part, number> = {
  path: '/circuit.pond.v1.PondService/Pour',
  requestStream: false,
  responseStream: false,
  requestSerialize: () => {
    throw new Error('Nobody pours but over HTTP.');
  },
  requestDeserialize: decodePart,
  responseSerialize: (size) => Buffer.from(new BinaryWriter().uint32(8).int64(size).finish()),
  responseDeserialize: () => 0,
};

function decodePart(bytes: Uint8Array): Part {
  const reader = new BinaryReader(bytes);
  let part: Part = { pondId: '', offset: 0, water: new Uint8Array() };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) part = { ...part, pondId: reader.string() };
    else if (tag === 16) part = { ...part, offset: Number(reader.int64()) };
    else if (tag === 26) part = { ...part, water: reader.bytes() };
    else reader.skip(tag & 7, tag >>> 3);
  }
  return part;
}
