// Proves from the records of a run what the mesh promises, or says where it broke the promise. Pure: each promise is a
// function from the history to what contradicts it.

import { linesRight } from './promises/lines.ts';
import { gapless, nothingLost, onceInTheLog } from './promises/log.ts';
import { marksFollowDevices, readsTold, watermarksRight } from './promises/receipts.ts';
import { complete, onlyMembers, ordered, truthful, viewsRight } from './promises/sight.ts';
import { inTime, neverAway, quietHeadChecks, refusedForAReason } from './promises/time.ts';
import type { History } from './record.ts';

export { arrivalMsMax, recoveryMs } from './promises/time.ts';

export type Violation = { readonly promise: string; readonly detail: string };

/** What contradicts the promise, each in one line. */
export type Promised = (history: History) => Iterable<string>;

export const promises: Readonly<Record<string, Promised>> = {
  'no acknowledged message is lost': nothingLost,
  'nothing is stored twice': onceInTheLog,
  'the log has no gap': gapless,
  'every client sees each entry once, in order': ordered,
  'what is seen is what is stored': truthful,
  'nobody misses anything after catching up': complete,
  'nobody sees what they may not': onlyMembers,
  'what an app shows is what is stored': viewsRight,
  'unread counts and read positions are right': linesRight,
  'everybody is told how far the others are': watermarksRight,
  'nobody is taken to have got or read what they did not': marksFollowDevices,
  'an event arrives in time': inTime,
  'who is read is told in time': readsTold,
  'head checks find nothing': quietHeadChecks,
  'nobody loses their connection for no reason': neverAway,
  'nothing is refused for no reason': refusedForAReason,
  'everything is answered in the end': ({ unanswered }) => unanswered,
  'no process dies by itself': function* died({ deaths }) {
    for (const { process, at } of deaths) yield `${process} ended at ${at} ms`;
  },
};

export function check(history: History): Violation[] {
  return Object.entries(promises).flatMap(([promise, contradictions]) =>
    [...contradictions(history)].map((detail) => ({ promise, detail })),
  );
}
