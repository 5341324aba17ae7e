import { describe, expect, it } from 'vitest';
import { paths, sources } from './source-files.ts';

const linesMax = 400;
const medianMax = 120;
const lineLengthMax = 120;
/** Names that say nothing of what is inside. */
const emptyNames = /(^|[-/])(utils?|helpers?|managers?|misc|stuff|common|data|infos?|index)\.(ts|mjs)$/;
const kebab = /^(\.?[a-z0-9]+(-[a-z0-9]+)*|[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|bench))?)\.(ts|mjs|css|html)$/;

const written = sources.filter(({ path }) => /\.(ts|mjs)$/.test(path));

describe('files', () => {
  it('are short: one is read in one go, most on one screen', () => {
    const long = written
      .filter(({ lines }) => lines.length > linesMax + 1)
      .map(({ path, lines }) => `${path}: ${lines.length}`);
    expect(long).toEqual([]);
    const lengths = written.map(({ lines }) => lines.length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(medianMax);
  });

  it('have short lines', () => {
    const long = sources.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => ([...line].length > lineLengthMax ? [`${path}:${index + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  it('are named for the one thing inside, in kebab-case', () => {
    const odd = written.map(({ path }) => path).filter((path) => !kebab.test(path.split('/').at(-1) ?? ''));
    expect(odd).toEqual([]);
    expect(paths.filter((path) => emptyNames.test(path))).toEqual([]);
  });
});

describe('a main file of a folder', () => {
  it('says at its top what the folder is', () => {
    const mains = written.filter(({ path }) => {
      const [, folder, name] = /([^/]+)\/([^/]+)\.ts$/.exec(path) ?? [];
      return folder !== undefined && (name === folder || name === 'service');
    });
    expect(mains.length).toBeGreaterThan(0);
    expect(mains.filter(({ text }) => !text.startsWith('//')).map(({ path }) => path)).toEqual([]);
  });
});
