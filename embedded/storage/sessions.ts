// Which retryable writes were done, and how they were answered: the same (session, number) is done once, also over a
// restart. The memory of a write is in the same commit as the write.
import { encodeDocument } from '../bson/build.ts';
import { elementsOf, fieldOf, fieldsOf, type Raw, rawDocument } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import type { Environment } from './environment.ts';
import type { Tree } from './tree.ts';

/** A session nobody used is forgotten after this, as in MongoDB. */
export const sessionIdleMs = 30 * 60_000;
/** Sessions forgotten in one commit. */
const sweepMax = 1000;

export type Retry = { readonly session: Buffer; readonly number: bigint };

export class Sessions {
  private readonly environment: Environment;
  private readonly tree: Tree;
  private readonly now: () => number;

  constructor(environment: Environment, now: () => number) {
    this.environment = environment;
    this.tree = environment.tree('sessions');
    this.now = now;
  }

  /**
   * In a write job: the answer given before to a piece of this write. Throws TransactionTooOld for a number the
   * session has left behind.
   */
  remembered(retry: Retry, piece: number): Readonly<Record<string, unknown>> | undefined {
    const record = this.record(retry.session);
    if (record === undefined || record.number < retry.number) return undefined;
    if (record.number === retry.number) {
      const reply = record.replies[piece];
      return reply === undefined ? undefined : Object.fromEntries(fieldsOf(reply));
    }
    throw storeError(
      'TransactionTooOld',
      `Retryable write with txnNumber ${retry.number} is prohibited on session because a newer retryable write with ` +
        `txnNumber ${record.number} has already started on this session.`,
    );
  }

  /** In a write job. */
  remember(retry: Retry, piece: number, reply: Readonly<Record<string, unknown>>): void {
    const before = piece === 0 ? undefined : this.record(retry.session);
    const replies = [...(before?.number === retry.number ? before.replies : []), { ...reply }];
    const record = { number: longOf(retry.number), at: longOf(BigInt(this.now())), replies };
    this.tree.put(retry.session, encodeDocument(record));
  }

  private record(session: Buffer): { readonly number: bigint; readonly replies: readonly Raw[] } | undefined {
    const stored = this.tree.get(session);
    if (stored === undefined) return undefined;
    const record = rawDocument(stored);
    const number = fieldOf(record, 'number')!;
    return { number: number.bytes.readBigInt64LE(number.start), replies: elementsOf(fieldOf(record, 'replies')!) };
  }

  /** Forgets sessions that ended or were idle for too long. */
  async sweep(): Promise<void> {
    const before = BigInt(this.now() - sessionIdleMs);
    let from: Buffer = Buffer.from([0]);
    for (;;) {
      const entries = this.tree.entries({ from, to: last, limit: sweepMax });
      const idle = entries.filter(([, value]) => {
        const at = fieldOf(rawDocument(value), 'at')!;
        return at.bytes.readBigInt64LE(at.start) < before;
      });
      if (idle.length > 0) await this.forget(idle.map(([key]) => key));
      if (entries.length < sweepMax) return;
      from = Buffer.concat([entries.at(-1)![0], Buffer.from([0])]);
    }
  }

  async forget(sessions: readonly Buffer[]): Promise<void> {
    await this.environment.write(() => {
      for (const session of sessions) if (this.tree.has(session)) this.tree.remove(session);
    });
  }
}

const last = Buffer.alloc(64, 0xff);

function longOf(value: bigint): Raw {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { type: 18, bytes, start: 0, end: 8 };
}
