import { calculateObjectSize } from 'bson';
import { describe, expect, it } from 'vitest';
import type { Entry, EntryHead } from '../documents/entry.ts';
import { rememberedEntry } from './remembered.ts';

const head: EntryHead = {
  _id: '000000000007',
  conversation_id: '000000000042',
  account_key: '900000000001',
  seq: 7,
  number: 4,
  sender_key: 'user:100000000001',
  request_id: 'r'.repeat(64),
  about: 'a'.repeat(11),
  created_at: new Date(0),
};
const long = 'x'.repeat(16_000);
const content = { type: 'text', text: long } as const;
const members = Array.from({ length: 100 }, (_, at) => ({
  user_key: `${100_000_000_000 + at}`,
  role: 'member' as const,
  display_name: long.slice(0, 100),
  avatar_url: long.slice(0, 2_000),
}));
const entries: readonly Entry[] = [
  {
    ...head,
    kind: 'message',
    content,
    mentions: members.map(({ user_key }) => user_key),
    sender: {
      kind: 'user',
      user_key: '100000000001',
      display_name: long.slice(0, 100),
      avatar_url: long.slice(0, 2_000),
    },
    metadata: { client_message_id: head.request_id },
    reply_to: { message_id: '000000000001', sender_key: '100000000002', content_preview: long.slice(0, 400) },
    changed: 7,
    updated_at: head.created_at,
  },
  { ...head, kind: 'edited', target: '000000000001', content, original: content, edit_count: 3, user_key: '1' },
  { ...head, kind: 'deleted', target: '000000000001', deleted_by: '1', blanked: members.map((_, at) => at) },
  { ...head, kind: 'members_added', members, added_by: '1', member_count: 101 },
];

describe('what is remembered of an entry', () => {
  it.each(entries)('is small whatever it says, and names it: $kind', (entry) => {
    const kept = rememberedEntry(entry);
    expect(calculateObjectSize(entry)).toBeGreaterThan(1_000);
    expect(calculateObjectSize(kept)).toBeLessThan(600);
    const { _id, kind, seq, about, request_id, sender_key } = entry;
    expect(kept).toMatchObject({ _id, kind, seq, about, request_id, sender_key });
  });
});
