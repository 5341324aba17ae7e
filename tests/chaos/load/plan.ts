// Who takes part in a run and who talks with whom, drawn from the seed.

import { between, oneOf, type Random, seeded } from '../random.ts';

export const account = '900000000001';

export type Room = {
  readonly type: 'direct' | 'group';
  /** User keys. The owner never leaves, and brings and removes the rovers. */
  readonly owner: string;
  readonly members: readonly string[];
  readonly rovers: readonly string[];
};

export type Plan = {
  readonly users: readonly string[];
  /** Each a device, in the order of `users`; the last ones are second devices of the first users. */
  readonly clients: readonly { readonly name: string; readonly user: string }[];
  readonly rooms: readonly Room[];
};

/** One user in so many has a second device. */
const secondDeviceEvery = 6;
/** So many clients for each room. */
const clientsPerRoom = 8;
/** Below the twenty that a conversation's first entry names. */
const groupSize: readonly [number, number] = [5, 14];
const roversMax = 2;

export function planOf(seed: number, clients: number): Plan {
  const random = seeded(seed);
  const seconds = Math.floor(clients / secondDeviceEvery);
  const users = Array.from({ length: clients - seconds }, (_, index) => String(100_000_000_101 + index));
  const devices = [
    ...users.map((user) => ({ name: `${user}/phone`, user })),
    ...users.slice(0, seconds).map((user) => ({ name: `${user}/laptop`, user })),
  ];
  const rooms = Array.from({ length: Math.max(2, Math.floor(clients / clientsPerRoom)) }, (_, index) =>
    index % 4 === 3 ? directOf(random, users) : groupOf(random, users),
  );
  return { users, clients: devices, rooms: distinct(rooms) };
}

function groupOf(random: Random, users: readonly string[]): Room {
  const size = Math.min(between(random, ...groupSize), users.length);
  const [owner = '', ...members] = some(random, users, size);
  return { type: 'group', owner, members, rovers: members.slice(0, Math.min(roversMax, members.length - 2)) };
}

function directOf(random: Random, users: readonly string[]): Room {
  const [owner = '', other = ''] = some(random, users, 2);
  return { type: 'direct', owner, members: [other], rovers: [] };
}

function some(random: Random, users: readonly string[], count: number): readonly string[] {
  const chosen = new Set<string>();
  while (chosen.size < count) chosen.add(oneOf(random, users));
  return [...chosen];
}

/** The same two people have one direct conversation. */
function distinct(rooms: readonly Room[]): readonly Room[] {
  const pairs = new Set<string>();
  return rooms.filter(({ type, owner, members }) => {
    if (type === 'group') return true;
    const pair = [owner, ...members].sort().join(' ');
    return !pairs.has(pair) && pairs.add(pair);
  });
}
