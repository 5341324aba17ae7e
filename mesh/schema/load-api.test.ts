import { readFileSync } from 'node:fs';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { ListEntriesRequest } from '../../gen/circuit/link/v1/topic_service.ts';
import { loadApi, loadApiFile } from './load-api.ts';
import { descriptorsOf } from './testdata/build.ts';

describe('the Api of this build', () => {
  const api = loadApiFile();
  it('has every RPC with its rule, fields and comment', () => {
    const method = api.methods.get('circuit.link.v1.TopicService/ListEntries')!;
    expect(method).toMatchObject({
      callers: ['edge'],
      routeBy: 'topic',
      service: '',
      cost: 1,
      timeoutMs: 5000,
      streaming: false,
    });
    expect(method.comment).toContain('256 KiB');
    expect(method.request.name).toBe('circuit.link.v1.ListEntriesRequest');
    const bytes = ListEntriesRequest.encode({ topic: 'c:42', after: 2 ** 40, limit: 5 }).finish();
    expect(['topic', 'after', 'limit', 'nothing'].map((name) => method.request.readField(bytes, name))).toEqual([
      'c:42',
      String(2 ** 40),
      '5',
      '',
    ]);
  });
  it('loads in a blink', () => {
    const bytes = readFileSync('gen/descriptors.binpb');
    const started = performance.now();
    loadApi(bytes);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('an API with faults', () => {
  it('does not load, and says everything that is wrong with it', async () => {
    const set = await descriptorsOf('faults.proto');
    let said = '';
    try {
      loadApi(set);
    } catch (error) {
      said = String(error);
    }
    expect(said.split('\n').slice(1)).toEqual([
      '- test.v1.FaultyService/Open has no caller rule',
      '- test.v1.FaultyService/Lost routes by "nowhere", which is no string or number of its request',
      '- test.v1.FaultyService/Lost has the request id "amount", which is no string of its request',
      '- test.v1.FaultyService/Lost has "{missing}" in its path, which is no string or number of its request',
      '- test.v1.FaultyService/Lost has the body "nothing", which is no field of its request',
      '- test.v1.FaultyService/Crooked has the path "no/slash", which is none that the mesh can match',
      '- test.v1.FaultyService/Halved has a part_offset, and that goes with a body of bytes and is an int64',
      '- test.v1.FaultyService/Named has a part_offset and a request_id',
      '- test.v1.FaultyService/Ours has the event "faulty.ours", and no user may call it',
      '- test.v1.FaultyService/Stream is a stream, and those have neither event nor route',
      '- test.v1.HomelessEvent is pushed without a topic',
      expect.stringContaining('- test.v1.FaultyRequest.name has a bad pattern'),
      '- test.v1.FaultyRequest.name has a range and is no number',
      '- test.v1.FaultyRequest.name counts items and is neither list nor map',
      expect.stringContaining('- test.v1.FaultyRequest.name has json_first'),
      '- test.v1.FaultyRequest.amount has rules of strings and is none',
      '- test.v1.FaultyService/Lost and test.v1.FaultyService/Crooked have the event "faulty.lost" both',
      '- test.v1.FaultyService/Lost and test.v1.FaultyService/Crooked have the route "GET /a/{}/{}" both',
    ]);
  });
  it('does not load without its rules at all', () => {
    const set = fromBinary(FileDescriptorSetSchema, readFileSync('gen/descriptors.binpb'));
    const bare = create(FileDescriptorSetSchema, { file: set.file });
    for (const file of bare.file)
      for (const service of file.service) for (const method of service.method) delete method.options;
    expect(createFileRegistry(bare).getService('circuit.link.v1.TopicService')).toBeDefined();
    expect(() => loadApi(toBinary(FileDescriptorSetSchema, bare))).toThrow('TopicService/ListHeads has no caller rule');
  });
});
