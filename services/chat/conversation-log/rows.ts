// The rows of a conversation's members in the store: what a load reads of them, and what entries write to them.

import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { EntryOf, NewMember } from '../documents/entry.ts';
import { type MemberRow, type RoleWord, rowId } from '../documents/member-row.ts';
import type { InConversation } from './in-conversation.ts';
import { type Member, smallMembersMax } from './state.ts';

/** Rows that a load reads; more would mean that the conversation has grown past small since its head was written. */
const loadMax = smallMembersMax * 4;

/** Everyone of a small conversation; of a large one the owner and the admins. */
export async function loadMembers(
  rows: Collection<MemberRow>,
  where: InConversation,
  memberCount: number,
): Promise<{ readonly members: ReadonlyMap<string, Member>; readonly complete: boolean }> {
  const small = memberCount <= smallMembersMax;
  const filter = { ...where, active: true };
  const cursor = small ? rows.find(filter) : rows.find({ ...filter, role: { $in: ['owner', 'admin'] } });
  const found = await cursor.limit(loadMax).toArray();
  const members = new Map(found.map((row) => [row.user_key, memberOf(row)]));
  return { members, complete: small && found.length < loadMax };
}

/** Those of these users who are members now. */
export async function findMembers(
  rows: Collection<MemberRow>,
  where: InConversation,
  userKeys: readonly string[],
): Promise<readonly Member[]> {
  const found = await rows.find({ ...where, user_key: { $in: [...userKeys] }, active: true }).toArray();
  return found.map(memberOf);
}

function memberOf(row: MemberRow): Member {
  return {
    userKey: row.user_key,
    role: row.role,
    since: row.since,
    joinedAt: row.joined_at.getTime(),
    ...(row.added_by !== undefined && { addedBy: row.added_by }),
  };
}

type RowWrite = AnyBulkWriteOperation<MemberRow>;

/** The writes by which an entry about members comes into the rows; each applies only above the row's `changed`. */
export function rowWrites(
  entry: EntryOf<'created'> | EntryOf<'members_added'> | EntryOf<'member_removed'> | EntryOf<'role'>,
): readonly RowWrite[] {
  switch (entry.kind) {
    case 'created':
      return entry.members.map((member) => rowOfNew(entry, member, undefined));
    case 'members_added':
      return entry.members.map((member) => rowOfNew(entry, member, entry.added_by));
    case 'member_removed':
      return [
        guarded(entry, entry.user_key, { active: false, left_seq: entry.seq, left_at: entry.created_at }),
        ...(entry.new_owner_key === undefined ? [] : [roleWrite(entry, entry.new_owner_key, 'owner')]),
      ];
    case 'role':
      return [
        roleWrite(entry, entry.user_key, entry.role),
        ...(entry.former_owner_key === undefined ? [] : [roleWrite(entry, entry.former_owner_key, 'admin')]),
      ];
  }
}

type MembershipEntry = Parameters<typeof rowWrites>[0];

function rowOfNew(entry: MembershipEntry, member: NewMember, addedBy: string | undefined): RowWrite {
  return {
    updateOne: {
      filter: rowFilter(entry, member.user_key),
      update: {
        $set: {
          role: member.role,
          rank: rankOf(member.role),
          active: true,
          since: entry.seq,
          joined_at: entry.created_at,
          joined_number: entry.number,
          changed: entry.seq,
          ...(addedBy !== undefined && { added_by: addedBy }),
        },
        $unset: { left_seq: 1, left_at: 1, ...(addedBy === undefined && { added_by: 1 }) },
        $setOnInsert: { conversation_id: entry.conversation_id, own_changed: 0 },
      },
      // Where a newer row is there, the insert that the upsert then tries meets it: a duplicate key, and nothing to do.
      upsert: true,
    },
  };
}

function roleWrite(entry: MembershipEntry, userKey: string, role: RoleWord): RowWrite {
  return guarded(entry, userKey, { role, rank: rankOf(role) });
}

function guarded(entry: MembershipEntry, userKey: string, fields: Partial<MemberRow>): RowWrite {
  return {
    updateOne: { filter: rowFilter(entry, userKey), update: { $set: { ...fields, changed: entry.seq } } },
  };
}

function rowFilter(entry: MembershipEntry, userKey: string) {
  return {
    _id: rowId(userKey, entry.conversation_id),
    user_key: userKey,
    account_key: entry.account_key,
    changed: { $lt: entry.seq },
  };
}

function rankOf(role: RoleWord): 0 | 1 {
  return role === 'owner' ? 0 : 1;
}
