// The sync RPC's page as events: an entry holds its event in the field that is named like it.

export type SyncedTopic = {
  readonly topic: string;
  readonly entries: readonly { readonly seq: number; readonly event: string; readonly data: unknown }[];
  readonly head: number;
  readonly gone: boolean;
  readonly denied: boolean;
};

export type SyncedPage = { readonly topics: readonly SyncedTopic[]; readonly more: boolean };

type TopicEntriesJson = {
  readonly topic: string;
  readonly entries?: readonly Readonly<Record<string, unknown>>[];
  readonly head?: number;
  readonly gone?: boolean;
  readonly denied?: boolean;
};

/** One page of what lies above the positions. */
export async function syncEntries(
  call: (event: string, data: unknown) => Promise<unknown>,
  positions: readonly { readonly topic: string; readonly seq: number }[],
): Promise<SyncedPage> {
  const page = (await call('sync', { positions })) as { topics?: readonly TopicEntriesJson[]; more?: boolean };
  const topics = (page.topics ?? []).map(({ topic, entries = [], head = 0, gone = false, denied = false }) => ({
    topic,
    entries: entries.map(eventOf),
    head,
    gone,
    denied,
  }));
  return { topics, more: page.more ?? false };
}

/** An entry of a kind that this version does not know has its number all the same: an event that nobody listens to. */
function eventOf(entry: Readonly<Record<string, unknown>>): SyncedTopic['entries'][number] {
  const [field = 'unknown.entry', data = {}] = Object.entries(entry).find(([name]) => name !== 'seq') ?? [];
  return { seq: Number(entry.seq ?? 0), event: field.replace('_', '.'), data };
}
