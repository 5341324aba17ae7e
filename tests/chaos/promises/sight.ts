// What clients saw, held against the logs: each entry once, in order, as it is stored, nothing missing, and nothing
// that was not theirs to see.

import type { History, Seen, Stay } from '../record.ts';

export function* ordered({ seen }: History): Iterable<string> {
  for (const view of byView(seen).values()) {
    let last = 0;
    for (const { client, conversation, seq } of view) {
      if (seq <= last) yield `${client} saw ${seq} of ${conversation} after ${last}`;
      last = Math.max(last, seq);
    }
  }
}

export function* truthful({ seen, logs }: History): Iterable<string> {
  for (const { client, conversation, seq, what } of seen) {
    const stored = logs.get(conversation)?.[seq - 1]?.what;
    if (stored !== what) yield `${client} saw "${what}" as ${seq} of ${conversation}; stored is "${stored}"`;
  }
}

/** Of those who are members at the end. */
export function* complete({ seen, logs, stays, gone }: History): Iterable<string> {
  const views = byView(seen);
  for (const { client, conversation, from, to, seesFrom } of stays) {
    if (to !== undefined) continue;
    const own = new Set(
      (views.get(keyOf(client, conversation)) ?? []).map(({ seq }) => seq).filter((seq) => seq >= from),
    );
    const first = seesFrom ?? Math.min(...own);
    const missed = (logs.get(conversation) ?? []).map(({ seq }) => seq).filter((seq) => seq >= first && !own.has(seq));
    if (missed.length === 0) continue;
    const told = gone.filter((each) => each.client === client && each.conversation === conversation);
    const when = told.map(({ at }) => `${Math.round(at)} ms`).join(', ');
    yield `${client} never saw ${runsOf(missed)} of ${conversation}${when && `, told at ${when} that it is gone`}`;
  }
}

/** Neither entries, nor the words of messages, from before somebody came or from after they went. */
export function* onlyMembers({ seen, stays, lines, logs }: History): Iterable<string> {
  const allowed = new Map<string, Stay[]>();
  for (const stay of stays) {
    const key = keyOf(stay.client, stay.conversation);
    allowed.set(key, [...(allowed.get(key) ?? []), stay]);
  }
  const places = new Map<string, ReadonlyMap<string, number>>();
  for (const [conversation, log] of logs) places.set(conversation, new Map(log.map(({ what, seq }) => [what, seq])));
  for (const { client, conversation, seq, words } of seen) {
    const own = allowed.get(keyOf(client, conversation)) ?? [];
    const stay = own.find(({ from, to }) => seq >= from && (to === undefined || seq <= to));
    if (stay === undefined) yield `${client} saw ${seq} of ${conversation}`;
    const said = words === undefined ? undefined : places.get(conversation)?.get(words);
    if (said !== undefined && said < (stay?.from ?? 0))
      yield `${client} was told by ${seq} of ${conversation} what ${said} says, and came at ${stay?.from}`;
  }
  for (const { client, conversation, fromBefore, previewSeq } of lines) {
    const { from = 1 } = (allowed.get(keyOf(client, conversation)) ?? []).find(({ to }) => to === undefined) ?? {};
    if (fromBefore > 0) yield `${client} reads ${fromBefore} messages of ${conversation} from before they came`;
    if (previewSeq > 0 && previewSeq < from)
      yield `${client} is shown ${previewSeq} of ${conversation} in the list, and came at ${from}`;
  }
}

export function* viewsRight({ views }: History): Iterable<string> {
  for (const { client, conversation, shown, stored } of views) {
    const at = stored.findIndex((line, index) => line !== shown[index]);
    if (at >= 0) yield `${client} shows "${shown[at]}" for "${stored[at]}" of ${conversation}`;
    else if (shown.length !== stored.length)
      yield `${client} shows ${shown.length - stored.length} more of ${conversation}`;
  }
}

/** `4-7, 9`. */
function runsOf(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

const keyOf = (client: string, conversation: string) => `${client} ${conversation}`;

function byView(seen: readonly Seen[]): ReadonlyMap<string, readonly Seen[]> {
  const views = new Map<string, Seen[]>();
  for (const entry of seen) {
    const key = keyOf(entry.client, entry.conversation);
    const view = views.get(key);
    if (view) view.push(entry);
    else views.set(key, [entry]);
  }
  return views;
}
