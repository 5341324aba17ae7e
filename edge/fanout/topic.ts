// A topic that this edge serves: how far it has come, who follows it, and what waits.

import type { TopicEvent } from '../../gen/circuit/link/v1/topic_service.ts';
import { jsonFormat } from '../socket/json-format.ts';
import { protoFormat } from '../socket/proto-format.ts';
import type { Ring } from './ring.ts';

/** `opening`: its head is not known yet. `live`: every number up to `head` was delivered. `stale`: delivers nothing. */
export type TopicState = 'opening' | 'live' | 'stale' | 'closed';

export class Topic {
  readonly name: string;
  /** False: its events have no numbers, no log and no gaps. */
  readonly sequenced: boolean;
  /** One user's: it has so few sockets that they are sent to one by one, and need no topic of uWebSockets. */
  readonly isOwn: boolean;
  state: TopicState = 'opening';
  /** The contiguous head: every event up to it was applied, none above it. */
  head = 0;
  /** When it became live, in the hub's moments; 0 before. */
  liveSince = 0;
  /** Settles when the topic has become live, or could not. */
  opened: Promise<void> | undefined;
  /** How many are about to follow it; it stays while there is one. */
  pins = 0;
  /** Sockets that follow it, by format. */
  jsonFollowers = 0;
  protoFollowers = 0;
  /** Formats that its sockets have spoken: the ring keeps frames in these. */
  speaksJson = false;
  speaksProto = false;
  /** Since when nobody follows it; 0 while somebody does. */
  idleSinceMs = 0;
  ring: Ring | undefined;
  /** Events above the head that wait for those before them, by number. */
  held: Map<number, TopicEvent> | undefined;
  /** The highest number that is known to exist; above `head`: there is a gap. */
  wanted = 0;
  /** True while a gap is being filled. */
  filling = false;
  /** Called when the head has moved. */
  waiting: (() => void)[] | undefined;
  /** When in a round its head is checked: spread at random, so that checks come evenly. */
  readonly slot = Math.floor(Math.random() * 60_000);
  /** In a user's log: the number of the last event that gave or took rights. */
  rightsSeq = 0;

  #jsonText: string | undefined;
  #jsonName: string | undefined;
  #protoName: string | undefined;

  constructor(name: string, sequenced: boolean) {
    this.name = name;
    this.sequenced = sequenced;
    const prefix = prefixOf(name);
    this.isOwn = prefix === userLogPrefix || prefix === userDevicesPrefix;
  }

  /** The name as JSON. Made when it is first needed: most topics of an edge are quiet. */
  get jsonText(): string {
    this.#jsonText ??= JSON.stringify(this.name);
    return this.#jsonText;
  }

  /** The topic of uWebSockets for sockets that speak JSON. */
  get jsonName(): string {
    this.#jsonName ??= jsonFormat.mark + this.name;
    return this.#jsonName;
  }

  /** The same for sockets that speak protobuf. */
  get protoName(): string {
    this.#protoName ??= protoFormat.mark + this.name;
    return this.#protoName;
  }

  get followers(): number {
    return this.jsonFollowers + this.protoFollowers;
  }
}

const userLogPrefix = 'u';
const userDevicesPrefix = 'd';

/** What stands before the colon: `c` of `c:000000000042`. */
export function prefixOf(topic: string): string {
  const colon = topic.indexOf(':');
  return colon < 0 ? topic : topic.slice(0, colon);
}

/** What stands behind the colon. */
export function keyOf(topic: string): string {
  return topic.slice(topic.indexOf(':') + 1);
}

/** The log of a user: rights are given and taken in it. */
export function userLog(userKey: string): string {
  return `${userLogPrefix}:${userKey}`;
}

export function isUserLog(topic: string): boolean {
  return prefixOf(topic) === userLogPrefix;
}

/** What any service says to a user's devices; it has no log. */
export function userDevices(userKey: string): string {
  return `${userDevicesPrefix}:${userKey}`;
}
