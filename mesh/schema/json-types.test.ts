import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { type Calls, type Events, reasons } from '../../gen/json/api.ts';
import { reasonRule } from '../errors/reasons.ts';
import { loadApiFile } from './load-api.ts';
import { descriptorsOf } from './testdata/build.ts';

describe('the JSON types', () => {
  const api = loadApiFile();
  it('name every event of a socket, and every reason', () => {
    const text = readFileSync('gen/json/api.ts', 'utf8');
    for (const event of api.events.keys()) expect(text).toContain(`  readonly '${event}': { readonly request: `);
    for (const event of api.pushes.keys()) expect(text).toMatch(new RegExp(`  readonly '${event}': \\w+;`));
    for (const [reason, code] of Object.entries(reasons))
      expect(reasonRule(reason as keyof typeof reasons).code).toBe(code);
  });
  it('are what the codec takes and gives', () => {
    const request: Calls['message.send']['request'] = {
      conversation_id: '000000000042',
      client_message_id: 'aaaaaaaa-1',
      content: { type: 'text', text: 'DO is 2.1', formatted_text: { bold: [[0, 5]] } },
    };
    const bytes = api.events.get('message.send')!.request.encodeJson(request);
    expect(api.events.get('message.send')!.request.validate(bytes)).toEqual([]);
    const message = api.pushes.get('message.new')!.message;
    const sent = { message: { message_id: '000000000007', seq: 17, content: request.content } };
    const event: Events['message.new'] = JSON.parse(message.decodeJson(message.encodeJson(sent)));
    expect(event.message?.content?.formatted_text?.bold?.[0]?.[1]).toBe(5);
  });
  it('have the form that their rules give them', async () => {
    const generator: string = new URL('../../scripts/generate/json-types.mjs', import.meta.url).href;
    const { jsonTypes } = (await import(generator)) as { jsonTypes(registry: unknown): string };
    const text = jsonTypes(createFileRegistry(fromBinary(FileDescriptorSetSchema, await descriptorsOf('kinds.proto'))));
    for (const line of [
      "/** What a thing is like. */\nexport type Color = 'red' | 'deep_blue';",
      'export type Pair = readonly [start: number, end: number];',
      'export type UpdateResponse = { readonly [key: string]: never };',
      '  readonly places?: readonly Place[];\n  /** The first of `places`. */\n  readonly first_place?: Place;',
      '  readonly labels?: { readonly [key: string]: string };',
      '  readonly at?: string;',
      '  readonly wrapped_i64?: number;',
      '  readonly title?: string | null;',
      '  readonly thing?: Clearable<Kinds> | null;',
      "  readonly 'thing.new': ThingNewEvent;",
      '  readonly things: readonly Kinds[];\n  readonly next_page_token: string;\n  readonly total: number;',
      '  readonly note?: string;',
      "/** Lists things. */\n  readonly 'thing.list': { readonly request: ListRequest; ",
      'export type Must = {\n  readonly text: string;\n  readonly place: Place;\n  readonly list: readonly string[];',
    ]) {
      expect(text).toContain(line);
    }
  });
});
