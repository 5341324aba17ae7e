import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describedCollections } from '../../cli/commands/migrate.ts';
import { loadServices, serviceNames } from '../../cli/services.ts';
import { root } from './source-files.ts';

describe('docs/collections.md', () => {
  it('says what `circuit migrate --tables` prints', async () => {
    expect(readFileSync(join(root, 'docs/collections.md'), 'utf8')).toBe(await describedCollections());
  });
});

describe('every collection', () => {
  it('has unique indexes that start with its shard key, so that it can be spread', async () => {
    const services = await loadServices(serviceNames);
    const astray = services.flatMap(({ collections }) =>
      collections.flatMap(({ name, indexes, shardKey }) =>
        indexes
          .filter(({ unique }) => unique)
          .filter(({ key }) => {
            const fields = Object.keys(key as object);
            return Object.keys(shardKey).some((field, place) => fields[place] !== field);
          })
          .map((index) => `${name}.${index.name}`),
      ),
    );
    expect(astray).toEqual([]);
  });

  it('belongs to one service alone', async () => {
    const services = await loadServices(serviceNames);
    const names = services.flatMap(({ collections }) => collections.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
