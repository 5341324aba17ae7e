import { refuse } from '../../../mesh/errors/refuse.ts';
import type { Caller } from '../../../mesh/service/caller.ts';
import type { ConversationTypeWord } from '../documents/conversation-document.ts';
import type { RoleWord } from '../documents/member-row.ts';

export type Participant = { readonly userKey: string; readonly role: RoleWord };

/**
 * Who is in a new conversation, and as what. A user is in it beside those named, and owns a group or channel; of those
 * that a domain server names, the first owns it. Throws INVALID_REQUEST where their number does not fit the type.
 */
export function peopleOf(caller: Caller, type: ConversationTypeWord, named: readonly string[]): readonly Participant[] {
  const first = caller.kind === 'user' ? [caller.key] : [];
  const keys = [...new Set([...first, ...named])];
  const wanted = type === 'direct' ? 2 : type === 'self' ? 1 : undefined;
  if (wanted === undefined ? keys.length === 0 : keys.length !== wanted) {
    throw refuse('INVALID_REQUEST', {
      violations: [{ field: 'participant_keys', description: 'does not fit the type' }],
    });
  }
  return keys.map((key, at) => ({ userKey: key, role: at === 0 && wanted !== 2 ? 'owner' : 'member' }));
}
