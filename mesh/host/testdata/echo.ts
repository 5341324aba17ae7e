// The echo service of tests and benches: its Api from echo.proto, and its definition by hand, since only what lies
// under proto/ is generated.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Api } from '../../schema/api.ts';
import { loadApi } from '../../schema/load-api.ts';
import type { Context } from '../../service/context.ts';
import type { OpenService } from '../../service/define-service.ts';
import type { TopicSource } from '../../service/topic-source.ts';
import type { HostedService } from '../host.ts';

export type Note = { readonly key: string; readonly text: string; readonly body: Uint8Array };

export const echoMethods = {
  say: 'circuit.echo.v1.EchoService/Say',
  look: 'circuit.echo.v1.EchoService/Look',
  rule: 'circuit.echo.v1.EchoService/Rule',
  hail: 'circuit.echo.v1.EchoService/Hail',
} as const;

export const echoDefinition = {
  say: rpc(echoMethods.say),
  look: rpc(echoMethods.look),
  rule: rpc(echoMethods.rule),
  hail: rpc(echoMethods.hail),
} as const;

/** The API with EchoService and what the mesh itself needs, and the descriptors it comes from. */
export async function echoApi(): Promise<{ api: Api; descriptors: Uint8Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-echo-'));
  try {
    const config = join(folder, 'buf.yaml');
    const output = join(folder, 'set.binpb');
    const modules = [
      { path: 'proto' },
      { path: 'mesh/host/testdata' },
      { path: 'node_modules/protobufjs', includes: ['node_modules/protobufjs/google/api'] },
    ];
    await writeFile(config, JSON.stringify({ version: 'v2', modules }));
    const paths = ['--path', 'proto/circuit/link', '--path', 'mesh/host/testdata/echo.proto'];
    await promisify(execFile)('node_modules/.bin/buf', ['build', '--config', config, ...paths, '-o', output]);
    const descriptors = await readFile(output);
    return { api: loadApi(descriptors), descriptors };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export type EchoHandler = (request: Note, context: Context<never>) => Promise<Note>;

const echo: EchoHandler = async (request) => request;

/** The service, with handlers of a test's own in place of plain echoes. */
export function echoService(
  handlers: Partial<Record<keyof typeof echoDefinition, EchoHandler>> = {},
  state: Partial<OpenService> & { readonly topics?: TopicSource; readonly onOpen?: HostedService['open'] } = {},
): HostedService {
  return {
    name: 'echo',
    definition: echoDefinition,
    handlers: { say: echo, look: echo, rule: echo, hail: echo, ...handlers },
    open: async (ground) => {
      await state.onOpen?.(ground);
      return { close: async () => {}, ...state };
    },
  };
}

/** Another service that keeps topics. */
export function reedService(topics: TopicSource): HostedService {
  return {
    name: 'reed',
    definition: { sway: rpc('circuit.echo.v1.ReedService/Sway') },
    handlers: { sway: echo },
    open: async () => ({ close: async () => {}, topics }),
  };
}

const noBytes = new Uint8Array();

export function note(key: string, text = '', body: Uint8Array = noBytes): Note {
  return { key, text, body };
}

export function encodeNote(value: Note): Buffer {
  const writer = new BinaryWriter();
  if (value.key !== '') writer.uint32(10).string(value.key);
  if (value.text !== '') writer.uint32(18).string(value.text);
  if (value.body.length > 0) writer.uint32(26).bytes(value.body);
  return Buffer.from(writer.finish());
}

export function decodeNote(bytes: Uint8Array): Note {
  const reader = new BinaryReader(bytes);
  let key = '';
  let text = '';
  let body: Uint8Array = noBytes;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) key = reader.string();
    else if (tag === 18) text = reader.string();
    else if (tag === 26) body = reader.bytes();
    else reader.skip(tag & 7, tag >>> 3);
  }
  return { key, text, body };
}

function rpc(name: string): MethodDefinition<Note, Note> {
  return {
    path: `/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encodeNote,
    requestDeserialize: decodeNote,
    responseSerialize: encodeNote,
    responseDeserialize: decodeNote,
  };
}
