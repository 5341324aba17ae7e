import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { paths } from './source-files.ts';

const api = loadApiFile();
const includeDirs = ['proto', 'node_modules/protobufjs'];
/** RPCs that services answer: what the mesh answers itself has its place in mesh/. */
const methods = [...api.methods.values()].filter(
  ({ service }) => service !== '' && paths.some((path) => path.startsWith(`services/${service}/`)),
);

function fileOf(method: { readonly name: string; readonly service: string }): string | undefined {
  const rpc = method.name.slice(method.name.indexOf('/') + 1);
  const kebab = rpc.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
  return paths.find((path) => path.startsWith(`services/${method.service}/`) && path.endsWith(`/${kebab}.ts`));
}

describe('every RPC', () => {
  it('has a handler in a file of its own, and a test beside it', () => {
    expect(methods.length).toBeGreaterThan(0);
    const without = methods.flatMap((method) => {
      const file = fileOf(method);
      if (file === undefined) return [`${method.name} has no handler file`];
      return paths.includes(file.replace(/\.ts$/, '.test.ts')) ? [] : [`${file} has no test beside it`];
    });
    expect(without).toEqual([]);
  });

  it('says who may call it, and what it is for', () => {
    for (const method of api.methods.values()) {
      expect(method.callers.length, method.name).toBeGreaterThan(0);
      expect(method.comment.trim(), method.name).not.toBe('');
    }
  });
});

describe('the API', () => {
  it('is read by proto-loader, with which programs in Node make their stubs: lists in options are written out', () => {
    const files = paths.filter((path) => path.startsWith('proto/') && path.endsWith('.proto'));
    const load = () => loadSync([...files.map((file) => file.slice('proto/'.length))], { includeDirs });
    expect(Object.keys(load())).toContain('circuit.chat.v1.ChatService');
  });
});
