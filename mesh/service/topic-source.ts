// What a service that keeps topics answers to edges: grants, heads, entries and rights. The host serves it as
// TopicService.

import type { TopicEvent, TopicGrant, TopicHead, TopicRight } from '../../gen/circuit/link/v1/topic_service.ts';

export type TopicSource = {
  /** The topics of this service that a user follows from the start of a session. */
  grants(
    user: { readonly userKey: string; readonly accountKey: string },
    signal: AbortSignal,
  ): Promise<readonly TopicGrant[]>;
  /** The newest number that may be shown, of each topic that exists; read at majority. */
  heads(topics: readonly string[], signal: AbortSignal): Promise<readonly TopicHead[]>;
  /** Events after a position, rising without a gap, at most `limit` and about 256 KiB. */
  entries(topic: string, after: number, limit: number, signal: AbortSignal): Promise<TopicPage>;
  /** Which of these users may follow a topic, and the number at which that was read. */
  rights(topic: string, userKeys: readonly string[], signal: AbortSignal): Promise<TopicRights>;
};

export type TopicPage = { readonly events: readonly TopicEvent[]; readonly head: number; readonly gone: boolean };

export type TopicRights = { readonly head: number; readonly rights: readonly TopicRight[] };
