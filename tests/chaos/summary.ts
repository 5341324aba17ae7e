// A run in figures, as it is kept: where and how it ran, what happened, how much of it proves something, what held.

import { commitMeasured } from '../../bench/commit.ts';
import { loadAverage, type Machine, thisMachine } from '../../bench/machine.ts';
import type { ChaosOptions, Verdict } from './chaos.ts';
import { promises } from './checker.ts';
import { type Proof, proofOf } from './promises/proof.ts';
import { kindOf } from './promises/windows.ts';
import type { Fault, Seen } from './record.ts';

/** Known before it begins. */
export type Begun = {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly commit?: string;
  readonly machine: Machine;
  /** The machine's load average of a minute. */
  readonly loadBefore: number;
};

export type Summary = Begun & {
  readonly loadAfter: number;
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  readonly redis: boolean;
  readonly counts: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly entries: number;
    readonly conversations: number;
    /** Entries that were shown to a client. */
    readonly delivered: number;
    /** Times that a client came back and caught up. */
    readonly catchUps: number;
    readonly refusals: number;
    /** Read positions of others of which devices were told. */
    readonly told: number;
    /** Edits that came without the words, since somebody had come after the message. */
    readonly withheld: number;
  };
  /** By kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly proof: Proof;
  /** Each with how often it was contradicted. */
  readonly promises: Readonly<Record<string, number>>;
};

export function begin(): Begun {
  const commit = commitMeasured();
  const at = new Date().toISOString();
  return { at, ...(commit === undefined ? {} : { commit }), machine: thisMachine(), loadBefore: loadAverage() };
}

type Asked = Pick<ChaosOptions, 'seed' | 'seconds' | 'clients'>;

export function summaryOf(begun: Begun, { seed, seconds, clients }: Asked, verdict: Verdict): Summary {
  const { history, violations, redis } = verdict;
  const { sent, acknowledged, seen, logs, faults, away, refusals } = history;
  const broken = (promise: string) => violations.filter((violation) => violation.promise === promise).length;
  return {
    ...begun,
    loadAfter: loadAverage(),
    seed,
    seconds,
    clients,
    redis,
    counts: {
      sent: sent.length,
      acknowledged: acknowledged.length,
      entries: [...logs.values()].reduce((sum, log) => sum + log.length, 0),
      conversations: logs.size,
      delivered: seen.length,
      catchUps: away.length,
      refusals: refusals.length,
      told: history.told.length,
      withheld: withheldIn(seen),
    },
    faults: kindsOf(faults),
    proof: proofOf(history),
    promises: Object.fromEntries(Object.keys(promises).map((promise) => [promise, broken(promise)])),
  };
}

function withheldIn(seen: readonly Seen[]): number {
  const bare = seen.filter(({ what, words }) => what.startsWith('edited ') && words === undefined);
  return new Set(bare.map(({ conversation, seq }) => `${conversation} ${seq}`)).size;
}

/** The most frequent first. */
function kindsOf(faults: readonly Fault[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(kindOf(fault), (counts.get(kindOf(fault)) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, one], [, other]) => other - one));
}
