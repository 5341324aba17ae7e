// The collections for people: the tables of docs/collections.md are made from what the services declare.

import type { Collection, Index } from './collection.ts';

/** A Markdown section for each collection: its purpose, its shard key, and which query stands on which index. */
export function collectionsTables(collections: readonly Collection[]): string {
  return collections
    .map((collection) =>
      [
        `### ${collection.name}`,
        '',
        `${collection.purpose} Shard key: \`${keyText(collection.shardKey)}\`.`,
        ...(collection.indexes.length === 0 ? [] : ['', '| index | key | | serves |', '|---|---|---|---|']),
        ...collection.indexes.map(
          (index) => `| ${index.name} | \`${keyText(index.key)}\` | ${traits(index)} | ${index.serves} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function traits(index: Index): string {
  return [
    index.unique ? 'unique' : '',
    index.sparse ? 'sparse' : '',
    index.partialFilterExpression ? `where \`${JSON.stringify(index.partialFilterExpression)}\`` : '',
    index.expireAfterSeconds === undefined ? '' : `expires after ${index.expireAfterSeconds} s`,
  ]
    .filter((trait) => trait !== '')
    .join(', ');
}

function keyText(key: unknown): string {
  return JSON.stringify(key instanceof Map ? Object.fromEntries(key) : key);
}
