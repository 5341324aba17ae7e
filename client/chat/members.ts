// The members of a conversation as far as they are known here, with how far each has got. Pure.

import type {
  DeliveryStatusEvent,
  MemberAddedEvent,
  MemberRemovedEvent,
  MemberRoleEvent,
  Participant,
} from '../../gen/json/api.ts';

/** Members kept of one conversation; larger ones are paged by the app through `member.list`. */
export const membersMax = 1_000;

export type Members = readonly Participant[];

/** With a page of the server, which knows better; watermarks only rise. */
export function withPage(members: Members, page: Members): Members {
  const byKey = new Map(members.map((member) => [member.user_key, member]));
  for (const member of page) {
    const known = byKey.get(member.user_key);
    byKey.set(member.user_key, known === undefined ? member : raised(member, known));
  }
  return [...byKey.values()].slice(0, membersMax);
}

/** With what a log entry says of them. */
export function withEntry(members: Members, event: string, data: unknown): Members {
  switch (event) {
    case 'member.added':
      return withPage(members, (data as MemberAddedEvent).members ?? []);
    case 'member.removed': {
      const { user_key, new_owner_key } = data as MemberRemovedEvent;
      const left = members.filter((member) => member.user_key !== user_key);
      return left.map((member) => (member.user_key === new_owner_key ? { ...member, role: 'owner' } : member));
    }
    case 'member.role': {
      const { user_key, role } = data as MemberRoleEvent;
      return members.map((member) => {
        if (member.user_key === user_key) return { ...member, role };
        // A conversation has one owner: making another the owner makes this one an admin.
        return role === 'owner' && member.role === 'owner' ? { ...member, role: 'admin' } : member;
      });
    }
    default:
      return members;
  }
}

/** With a member's watermarks; they never fall. */
export function withWatermarks(members: Members, status: DeliveryStatusEvent): Members {
  return members.map((member) => (member.user_key === status.user_key ? raised(member, status) : member));
}

type Watermarks = { readonly delivered_seq?: number; readonly read_seq?: number };

function raised(member: Participant, { delivered_seq = 0, read_seq = 0 }: Watermarks): Participant {
  const delivered = Math.max(member.delivered_seq ?? 0, delivered_seq, read_seq);
  const read = Math.max(member.read_seq ?? 0, read_seq);
  if (delivered === (member.delivered_seq ?? 0) && read === (member.read_seq ?? 0)) return member;
  return { ...member, delivered_seq: delivered, read_seq: read };
}

/** How far a message of `userKey` has come with the others: what all of them have, as far as they show it. */
export function statusOf(members: Members, userKey: string, seq: number): 'sent' | 'delivered' | 'read' {
  const others = members.filter((member) => member.user_key !== userKey);
  if (others.length === 0) return 'sent';
  if (others.every((member) => (member.read_seq ?? 0) >= seq)) return 'read';
  const reached = others.every((member) => Math.max(member.delivered_seq ?? 0, member.read_seq ?? 0) >= seq);
  return reached ? 'delivered' : 'sent';
}
