// The sync RPC's page as events: an entry holds its event in the field that is named like it.

import type { Entry, SyncResponse } from '../../gen/json/api.ts';

export type SyncedTopic = {
  readonly topic: string;
  readonly entries: readonly { readonly seq: number; readonly event: string; readonly data: unknown }[];
  readonly head: number;
  readonly gone: boolean;
  readonly denied: boolean;
};

export type SyncedPage = { readonly topics: readonly SyncedTopic[]; readonly more: boolean };

/** One page of what lies above the positions. */
export async function syncEntries(
  call: (event: string, data: unknown) => Promise<unknown>,
  positions: readonly { readonly topic: string; readonly seq: number }[],
): Promise<SyncedPage> {
  const { topics, more } = (await call('sync', { positions })) as SyncResponse;
  return { topics: topics.map((topic) => ({ ...topic, entries: (topic.entries ?? []).map(eventOf) })), more };
}

/** An entry of a kind that this version does not know has its number all the same: an event that nobody listens to. */
function eventOf(entry: Entry): SyncedTopic['entries'][number] {
  const [field = 'unknown.entry', data = {}] = Object.entries(entry).find(([name]) => name !== 'seq') ?? [];
  return { seq: entry.seq, event: field.replace('_', '.'), data };
}
