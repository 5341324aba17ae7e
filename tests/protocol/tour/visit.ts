// A visit is one call of the tour: who makes it, what it asks, what is answered, and who hears of it.

import type { Json } from '../../../edge/testing/app.ts';

/** Two people of one account, and a domain server of that account. */
export type Who = 'asha' | 'ravi' | 'fish';

/** What the visits so far have brought about: who is there, and the names of what they made. */
export type Story = {
  /** The people's user keys. */
  readonly asha: string;
  readonly ravi: string;
  /** Asha's token, to be presented again. */
  readonly token: string;
  readonly account: string;
  /** Conversations: a group of its own for each tour, the one of the two, and one above 256 members. */
  group: string;
  direct: string;
  large: string;
  /** A message of Asha's in the group, and its number. */
  message: string;
  seq: number;
  /** The same, passed on. */
  forwarded: string;
};

/** An event that somebody's device gets; `data` is the least that it says. */
export type Hears = readonly [who: 'asha' | 'ravi', event: string, data: Json];

export type Visit = {
  readonly by: Who;
  /** The RPC as the descriptors name it, such as `SendMessage`. */
  readonly rpc: string;
  /** What it is good for here. */
  readonly to: string;
  /** Made in one way only: what it brings about is large. */
  readonly once?: true;
  /** The request. An id of its own is added where the RPC has a field for it. */
  asks(story: Story): Json;
  /** The least that the answer says. */
  answers(story: Story): Json;
  /** Remembers what later visits speak of. */
  keeps?(answer: Json, story: Story): void;
  hears?(story: Story): readonly Hears[];
};
