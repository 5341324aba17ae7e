// What must be unique beside the log: the pair of a direct conversation, a user's self, a request to create. The entry
// is written first and holds the whole plan; whoever finds it can complete what a crash left undone.

import type { Collection } from 'mongodb';
import { refuse } from '../../../mesh/errors/refuse.ts';
import { aboutOf } from '../log/about.ts';
import type { CreatePlan } from './conversation-log.ts';

export type DirectoryEntry = {
  /** What is unique. */
  readonly _id: string;
  readonly account_key: string;
  readonly conversation_id: string;
  /** A digest of what a request asked for; empty for a pair and a self. */
  readonly about: string;
  readonly plan: Pick<CreatePlan, 'type' | 'info' | 'onlyAdminsCanSend' | 'purpose' | 'members' | 'createdBy'>;
  readonly created_at: Date;
};

const duplicateKey = 11000;

type Sought = Pick<CreatePlan, 'accountKey' | 'key'>;

/** The entry of a plan: written now, or found. Throws REQUEST_ID_REUSED. */
export async function enterDirectory(
  directory: Collection<DirectoryEntry>,
  plan: CreatePlan,
  conversationId: string,
  now: number,
): Promise<{ readonly entry: DirectoryEntry; readonly made: boolean }> {
  const entry: DirectoryEntry = {
    _id: directoryId(plan),
    account_key: plan.accountKey,
    conversation_id: conversationId,
    about: aboutKey(plan),
    plan: {
      type: plan.type,
      ...(plan.info && { info: plan.info }),
      onlyAdminsCanSend: plan.onlyAdminsCanSend,
      ...(plan.purpose && { purpose: plan.purpose }),
      members: plan.members,
      createdBy: plan.createdBy,
    },
    created_at: new Date(now),
  };
  try {
    await directory.insertOne(entry);
    return { entry, made: true };
  } catch (error) {
    if ((error as { code?: unknown }).code !== duplicateKey) throw error;
  }
  const first = await findInDirectory(directory, plan);
  if (first === undefined) throw refuse('CONFLICT');
  return { entry: first, made: false };
}

/** The entry that stands under a key. Throws REQUEST_ID_REUSED. */
export async function findInDirectory(
  directory: Collection<DirectoryEntry>,
  sought: Sought,
): Promise<DirectoryEntry | undefined> {
  const where = { _id: directoryId(sought), account_key: sought.accountKey };
  const found = await directory.findOne(where, { readConcern: { level: 'majority' } });
  if (found !== null && found.about !== aboutKey(sought)) throw refuse('REQUEST_ID_REUSED');
  return found ?? undefined;
}

function aboutKey({ key }: Sought): string {
  return 'requestId' in key ? aboutOf(key.about) : '';
}

function directoryId({ accountKey, key }: Sought): string {
  if ('direct' in key) return `direct:${accountKey}:${[...key.direct].sort().join(':')}`;
  if ('self' in key) return `self:${accountKey}:${key.self}`;
  return `create:${accountKey}:${key.senderKey}:${key.requestId}`;
}
