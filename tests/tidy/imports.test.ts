import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOf, isForTests, type SourceFile, sources } from './source-files.ts';

/** Which rooms a room may import from, beside itself: downhill only. */
const downhill: Readonly<Record<string, readonly string[]>> = {
  gen: [],
  mesh: ['gen'],
  services: ['mesh', 'gen'],
  edge: ['mesh', 'gen'],
  sfu: ['mesh', 'gen'],
  embedded: ['mesh', 'gen'],
  client: ['gen'],
  web: ['client', 'gen'],
  cli: ['edge', 'services', 'sfu', 'embedded', 'mesh', 'gen'],
  bench: ['cli', 'client', 'edge', 'services', 'sfu', 'embedded', 'mesh', 'gen', 'tests'],
};

const specifier = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

function importsOf(file: SourceFile): readonly string[] {
  return [...codeOf(file).matchAll(specifier)].map(([, path = '']) => normalize(join(dirname(file.path), path)));
}

const roomOf = (path: string) => path.split('/')[0] ?? '';
const production = sources.filter(({ path }) => Object.hasOwn(downhill, roomOf(path)) && !isForTests(path));

describe('imports', () => {
  it('go downhill only', () => {
    const uphill = production.flatMap((file) => {
      const room = roomOf(file.path);
      const allowed = [room, ...(downhill[room] ?? [])];
      return importsOf(file)
        .filter((path) => !allowed.includes(roomOf(path)) && path !== 'package.json')
        .map((path) => `${file.path} imports ${path}`);
    });
    expect(uphill).toEqual([]);
  });

  it('never lead from production into tests', () => {
    const astray = production.flatMap((file) =>
      importsOf(file)
        .filter((path) => isForTests(path) && roomOf(file.path) !== 'bench')
        .map((path) => `${file.path} imports ${path}`),
    );
    expect(astray).toEqual([]);
  });

  it('never lead from one service into another: it is called through its stub', () => {
    const astray = production
      .filter(({ path }) => path.startsWith('services/'))
      .flatMap((file) => {
        const own = file.path.split('/').slice(0, 2).join('/');
        return importsOf(file)
          .filter((path) => path.startsWith('services/') && !path.startsWith(`${own}/`))
          .map((path) => `${file.path} imports ${path}`);
      });
    expect(astray).toEqual([]);
  });

  it('name their file with its ending', () => {
    const bare = sources.flatMap((file) =>
      importsOf(file)
        .filter((path) => !/\.(ts|mjs|js|json|css)$/.test(path))
        .map((path) => `${file.path} imports ${path}`),
    );
    expect(bare).toEqual([]);
  });
});
