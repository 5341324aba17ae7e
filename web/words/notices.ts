// System notices as sentences. A kind that is not known here is told by its own words, so nothing is ever blank.

import type { Message } from '../../gen/json/api.ts';
import type { Names } from './names.ts';

type Parameters = Readonly<Record<string, string>>;
type Sentence = (parameters: Parameters, names: Names, direct: boolean) => string;

const roles: Readonly<Record<string, string>> = { owner: 'the owner', admin: 'an admin', member: 'a member' };

const sentences: Readonly<Record<string, Sentence>> = {
  conversation_created: ({ created_by }, names, direct) =>
    direct ? 'This is where your conversation begins' : `${names.subject(created_by)} started this conversation`,
  member_joined: ({ user_key, user_keys = user_key ?? '', count, added_by }, names) => {
    const keys = user_keys.split(',').filter(Boolean);
    if (keys.length === 1 && (!added_by || added_by === keys[0])) return `${names.subject(keys[0])} joined`;
    return `${names.subject(added_by)} added ${several(keys, Number(count ?? keys.length), names)}`;
  },
  member_left: ({ user_key, new_owner_key }, names) =>
    `${names.subject(user_key)} left${inherits(new_owner_key, names)}`,
  member_removed: ({ user_key, removed_by }, names) => `${names.subject(removed_by)} removed ${names.object(user_key)}`,
  member_role: ({ user_key, role, changed_by }, names) =>
    `${names.subject(changed_by)} made ${names.object(user_key)} ${roles[role ?? ''] ?? role}`,
};

/** What a notice says. */
export function noticeWords(message: Message, names: Names, direct: boolean): string {
  const { kind = '', parameters = {} } = message.system ?? {};
  const sentence = sentences[kind];
  if (sentence !== undefined) return sentence(parameters, names, direct);
  return message.content?.text || plain(kind, parameters);
}

/** `shipment_accepted` with `shipment: 4711` → `Shipment accepted · shipment 4711`. */
function plain(kind: string, parameters: Parameters): string {
  const words = kind.replaceAll('_', ' ');
  const details = Object.entries(parameters).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return [words.charAt(0).toUpperCase() + words.slice(1), ...details].join(' · ');
}

function several(keys: readonly string[], count: number, names: Names): string {
  const named = keys.slice(0, 3).map((key) => names.object(key));
  const rest = count - named.length;
  if (rest > 0) return `${named.join(', ')} and ${rest} more`;
  return named.length < 2 ? (named[0] ?? '') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

function inherits(userKey: string | undefined, names: Names): string {
  return userKey ? `. ${names.subject(userKey)} ${names.subject(userKey) === 'You' ? 'are' : 'is'} the owner now` : '';
}
