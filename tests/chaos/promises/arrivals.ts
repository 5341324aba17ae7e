// Each entry that a client was shown, with the time since which its sender knew that it is stored.

import type { Away, History } from '../record.ts';
import { touches, type Window } from './windows.ts';

export type Arrival = {
  readonly client: string;
  readonly conversation: string;
  readonly seq: number;
  /** When it was acknowledged. */
  readonly since: number;
  readonly at: number;
  /** The client had no connection meanwhile, or was still catching up. */
  readonly absent: boolean;
};

export function* arrivalsOf({ acknowledged, seen, away }: History): Iterable<Arrival> {
  const times = new Map<string, number>();
  for (const { conversation, seq, at } of acknowledged) if (seq !== undefined) times.set(`${conversation} ${seq}`, at);
  const awayOf = byClient(away);
  for (const { client, conversation, seq, at } of seen) {
    const since = times.get(`${conversation} ${seq}`);
    if (since === undefined) continue;
    yield { client, conversation, seq, since, at, absent: touches(since, at, awayOf.get(client) ?? [], 0) };
  }
}

function byClient(away: readonly Away[]): ReadonlyMap<string, readonly Window[]> {
  const clients = new Map<string, Away[]>();
  for (const each of away) {
    const known = clients.get(each.client);
    if (known) known.push(each);
    else clients.set(each.client, [each]);
  }
  return clients;
}
