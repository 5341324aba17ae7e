// Watches what a service asks of the store: every command names the account, in the filter or in the document, but for
// those that a table names with the reason.

import type { Document } from 'mongodb';

/** `<collection> <command> <names of the filter's fields>`, and why it needs no account. */
export type Exceptions = Readonly<Record<string, string>>;

export type TenancyWatch = {
  onCommand(command: Document): void;
  /** Throws with every command that named no account, each once. */
  check(): void;
};

export function watchTenancy(collections: ReadonlySet<string>, exceptions: Exceptions): TenancyWatch {
  const found = new Set<string>();
  return {
    onCommand(command) {
      for (const statement of statementsOf(command)) {
        if (collections.has(statement.split(' ')[0] ?? '') && !(statement in exceptions)) found.add(statement);
      }
    },
    check() {
      if (found.size > 0) throw new Error(`Commands that name no account:\n${[...found].sort().join('\n')}`);
    },
  };
}

/** Of each command, what picks or makes documents. */
const filtersOf: Readonly<Record<string, (command: Document) => readonly Document[]>> = {
  find: ({ filter }) => [filter],
  aggregate: ({ pipeline }) => [pipeline[0]?.$match ?? {}],
  findAndModify: ({ query }) => [query],
  update: ({ updates }) => updates.map(({ q }: Document) => q),
  delete: ({ deletes }) => deletes.map(({ q }: Document) => q),
  insert: ({ documents }) => documents,
};

/** Those of a command's statements that name no account. */
function statementsOf(command: Document): string[] {
  const [name = '', collection] = Object.entries(command)[0] ?? [];
  return (filtersOf[name]?.(command) ?? [])
    .filter((filter) => !('account_key' in filter))
    .map((filter) => `${collection} ${name} ${Object.keys(filter).sort().join(',')}`);
}
