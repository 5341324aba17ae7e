// What the logs at the end must be: gapless, each thing once, and all in them that was acknowledged.

import type { History, Logged } from '../record.ts';

export function* gapless({ logs }: History): Iterable<string> {
  for (const [conversation, log] of logs) {
    const wrong = log.findIndex(({ seq }, index) => seq !== index + 1);
    if (wrong >= 0) yield `${conversation} has ${log[wrong]?.seq} where ${wrong + 1} belongs`;
  }
}

export function* onceInTheLog({ logs }: History): Iterable<string> {
  for (const [conversation, log] of logs) {
    const before = new Map<string, number>();
    for (const { once, seq } of log) {
      if (once === '') continue;
      if (before.has(once)) yield `${conversation} has "${once}" at ${before.get(once)} and again at ${seq}`;
      before.set(once, seq);
    }
  }
}

export function* nothingLost({ acknowledged, logs }: History): Iterable<string> {
  const whats = new Map<string, ReadonlySet<string>>();
  for (const [conversation, log] of logs) whats.set(conversation, new Set(log.map(({ what }) => what)));
  for (const { client, conversation, seq, what } of acknowledged) {
    if (seq === undefined) {
      if (!whats.get(conversation)?.has(what)) yield `${client}: "${what}" is not in the log of ${conversation}`;
      continue;
    }
    const entry: Logged | undefined = logs.get(conversation)?.[seq - 1];
    if (entry?.what !== what) {
      const stands = entry === undefined ? 'the log ends before it' : `there stands "${entry.what}"`;
      yield `${client}: "${what}" was acknowledged as ${seq} of ${conversation}, and ${stands}`;
    }
  }
}
