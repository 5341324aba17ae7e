import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryJson } from '../arbitrary.ts';
import { loadApiFile } from '../load-api.ts';
import { kindsApi, message } from '../testdata/kinds.ts';
import { asyncApi } from './asyncapi.ts';
import { collectSchemas } from './json-schema.ts';
import { openApi } from './openapi.ts';

const options = { title: 'Circuit Mesh', version: '1', server: 'https://circuit.example.org' };
const apis = { kinds: kindsApi, 'this build': loadApiFile() };

type Tree = { readonly [key: string]: Tree } & { readonly [key: number]: Tree };

/** Compiling the schemas of OpenAPI and AsyncAPI takes seconds, and more on a busy machine. */
const timeout = 60_000;

describe('the OpenAPI document', { timeout }, () => {
  for (const [name, api] of Object.entries(apis)) {
    it(`of ${name} is one`, async () => {
      const { valid, errors } = await new Validator().validate(openApi(api, options) as Record<string, unknown>);
      expect(errors).toBeUndefined();
      expect(valid).toBe(true);
    });
  }
  it('that is broken is found to be', async () => {
    const broken = { ...openApi(kindsApi, options), paths: { '/x': { get: { parameters: [{ name: 'x' }] } } } };
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });
  const document = openApi(kindsApi, options) as Tree;
  it('has every route with its parameters, body and answer', () => {
    const list = document.paths!['/api/kinds/{parent_id}/things']!.get!;
    const names = (list.parameters as unknown as { name: string; in: string }[]).map(
      (parameter) => `${parameter.in} ${parameter.name}`,
    );
    expect(names).toEqual([
      'path parent_id',
      'query page_size',
      'query page_token',
      'query colors',
      'query deep',
      'query near.latitude',
      'query near.name',
      'query since',
      'query before_seq',
    ]);
    const post = document.paths!['/api/kinds/{parent_id}/things']!.post!;
    const body = post.requestBody!.content!['application/json']!.schema!;
    expect(Object.keys(body.properties!)).toEqual(['kinds']);
    expect(JSON.stringify(post.parameters)).toContain('Idempotency-Key');
    expect(document.components!.schemas!.ListResponse).toMatchObject({
      required: ['things', 'next_page_token', 'total'],
    });
  });
  it('tells what the .proto tells', () => {
    expect(JSON.stringify(openApi(apis['this build'], options))).toContain(
      'Sends a message. Answers once it is stored for good.',
    );
  });
});

describe('the AsyncAPI document', { timeout }, () => {
  for (const [name, api] of Object.entries(apis)) {
    it(`of ${name} is one`, async () => {
      const diagnostics = await new Parser().validate(JSON.stringify(asyncApi(api, options)));
      expect(
        diagnostics
          .filter(({ severity }) => severity === 0)
          .map(({ message, path }) => `${path.join('.')}: ${message}`),
      ).toEqual([]);
    });
  }
  it('is one, too, where it names no server but that which it came from', async () => {
    const served = asyncApi(kindsApi, { title: 'Circuit Mesh', version: '1' });
    expect(served).toMatchObject({ servers: { edge: { security: expect.any(Array) } } });
    const diagnostics = await new Parser().validate(JSON.stringify(served));
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
  });
  it('that is broken is found to be', async () => {
    const broken = {
      ...asyncApi(kindsApi, options),
      operations: { x: { action: 'shout', channel: { $ref: '#/channels/none' } } },
    };
    const diagnostics = await new Parser().validate(JSON.stringify(broken));
    expect(diagnostics.some(({ severity }) => severity === 0)).toBe(true);
  });
  it('has every event of a socket', () => {
    const { operations } = asyncApi(kindsApi, options) as Tree;
    expect(Object.keys(operations!).sort()).toEqual([
      'flat_update_request',
      'frame_unreadable',
      'thing_list_request',
      'thing_make_request',
      'thing_new_event',
      'thing_update_request',
    ]);
  });
});

describe('the schema of a message', () => {
  it('takes every message that keeps the rules', () => {
    const schemas = collectSchemas(kindsApi, '#/$defs/');
    const root = schemas.refer(message('Kinds').shape);
    const validate = new Ajv.default({ strict: false, validateFormats: false }).compile({
      ...root,
      $defs: schemas.collected,
    });
    fc.assert(
      fc.property(arbitraryJson(message('Kinds').shape), (json) => {
        // Zero of an enum is the same as absent; the schema does not show it.
        if (JSON.stringify(json).includes('"unspecified"')) return;
        validate(json);
        expect(validate.errors ?? []).toEqual([]);
      }),
    );
    for (const bad of [
      { id: '7' },
      { i64: 1.5 },
      { pair: [1] },
      { color: 'green' },
      { must: {} },
      { texts: Array(6).fill('') },
    ]) {
      expect(validate(bad), JSON.stringify(bad)).toBe(false);
    }
  });
});
