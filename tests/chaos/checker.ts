// Proves from the records of a run what the mesh promises, or says where it broke the promise. Pure.

import type { Fault, History, Logged, Seen } from './record.ts';

/** Outside faults an event arrives within this after its acknowledgement. */
export const arrivalMsMax = 3_000;
/** How long after a fault things may still be late: a reconnect with its back-off, and the next head check. */
export const recoveryMs = 65_000;

export type Violation = { readonly promise: string; readonly detail: string };

export function check(history: History): Violation[] {
  return [
    ...gapless(history),
    ...onceInTheLog(history),
    ...nothingLost(history),
    ...ordered(history),
    ...complete(history),
    ...onlyMembers(history),
    ...inTime(history),
    ...unread(history),
    ...quietHeadChecks(history),
  ];
}

function* gapless({ logs }: History): Iterable<Violation> {
  for (const [conversation, log] of logs) {
    for (const [index, { seq }] of log.entries()) {
      if (seq === index + 1) continue;
      yield { promise: 'the log has no gap', detail: `${conversation} has ${seq} where ${index + 1} belongs` };
      break;
    }
  }
}

function* onceInTheLog({ logs }: History): Iterable<Violation> {
  for (const [conversation, log] of logs) {
    const requests = new Set<string>();
    for (const { request, seq, sender } of log) {
      const key = `${sender} ${request}`;
      if (request !== '' && requests.has(key)) {
        yield { promise: 'nothing is stored twice', detail: `${conversation} has ${request} again at ${seq}` };
      }
      requests.add(key);
    }
  }
}

function* nothingLost({ sent, acknowledged, logs }: History): Iterable<Violation> {
  const conversationOf = new Map(sent.map(({ request, conversation }) => [request, conversation]));
  const logged = new Map<string, Logged>();
  for (const log of logs.values()) for (const entry of log) logged.set(entry.request, entry);
  for (const { request, seq, messageId } of acknowledged) {
    const entry = logged.get(request);
    const where = conversationOf.get(request);
    if (!entry)
      yield { promise: 'no acknowledged message is lost', detail: `${request} (${where}, ${seq}) is not in the log` };
    else if (entry.seq !== seq || entry.messageId !== messageId) {
      yield {
        promise: 'an acknowledgement says the truth',
        detail: `${request} was acknowledged as ${seq} ${messageId} and is ${entry.seq} ${entry.messageId}`,
      };
    }
  }
}

function* ordered({ seen }: History): Iterable<Violation> {
  for (const [key, entries] of byClientAndConversation(seen)) {
    let last = 0;
    for (const { seq } of entries) {
      if (seq <= last)
        yield { promise: 'every client sees each entry once, in order', detail: `${key} saw ${seq} after ${last}` };
      last = Math.max(last, seq);
    }
  }
}

function* complete({ seen, logs, stays }: History): Iterable<Violation> {
  const views = byClientAndConversation(seen);
  for (const { client, conversation, from, to } of stays) {
    if (to !== undefined) continue;
    const view = new Map((views.get(`${client} ${conversation}`) ?? []).map((entry) => [entry.seq, entry]));
    const first = Math.min(...view.keys());
    for (const { seq, request } of logs.get(conversation) ?? []) {
      if (seq < from || seq < first) continue;
      const entry = view.get(seq);
      if (!entry) {
        yield {
          promise: 'nobody misses anything after catching up',
          detail: `${client} never saw ${seq} of ${conversation}`,
        };
      } else if (entry.request !== request) {
        yield {
          promise: 'what is seen is what is stored',
          detail: `${client} saw ${entry.request} at ${seq} of ${conversation}, not ${request}`,
        };
      }
    }
  }
}

function* onlyMembers({ seen, stays }: History): Iterable<Violation> {
  for (const { client, conversation, seq } of seen) {
    const allowed = stays.some(
      (stay) =>
        stay.client === client &&
        stay.conversation === conversation &&
        seq >= stay.from &&
        (stay.to === undefined || seq <= stay.to),
    );
    if (!allowed) yield { promise: 'nobody sees what they may not', detail: `${client} saw ${seq} of ${conversation}` };
  }
}

function* inTime({ acknowledged, seen, faults }: History): Iterable<Violation> {
  const acknowledgedAt = new Map(acknowledged.map(({ request, at }) => [request, at]));
  for (const { client, conversation, seq, request, at } of seen) {
    const since = acknowledgedAt.get(request);
    if (since === undefined || at - since <= arrivalMsMax || explained(since, at, faults)) continue;
    yield {
      promise: 'an event arrives in time',
      detail: `${client} saw ${seq} of ${conversation} ${at - since} ms late`,
    };
  }
}

function* unread(history: History): Iterable<Violation> {
  for (const { client, conversation, told, right } of history.unread) {
    if (told !== right)
      yield {
        promise: 'unread counts are right',
        detail: `${client} has ${right} in ${conversation} and is told ${told}`,
      };
  }
}

function* quietHeadChecks({ foundByHeadChecks, faults }: History): Iterable<Violation> {
  for (const { at, topics } of foundByHeadChecks) {
    if (!explained(at, at, faults))
      yield { promise: 'head checks find nothing', detail: `${topics} topics were behind at ${at} ms` };
  }
}

/** Whether a fault, or the recovery from it, touches this stretch of time. */
function explained(from: number, to: number, faults: readonly Fault[]): boolean {
  return faults.some((fault) => fault.from <= to && fault.to + recoveryMs >= from);
}

function byClientAndConversation(seen: readonly Seen[]): Map<string, Seen[]> {
  const views = new Map<string, Seen[]>();
  for (const entry of seen) {
    const key = `${entry.client} ${entry.conversation}`;
    const view = views.get(key);
    if (view) view.push(entry);
    else views.set(key, [entry]);
  }
  return views;
}
