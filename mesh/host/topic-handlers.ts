// TopicService for all the services of a host: each topic is asked of the service that keeps topics of its prefix.

import type {
  ListEntriesRequest,
  ListEntriesResponse,
  ListGrantsRequest,
  ListGrantsResponse,
  ListHeadsRequest,
  ListHeadsResponse,
  ListRightsRequest,
  ListRightsResponse,
  TopicServiceService,
} from '../../gen/circuit/link/v1/topic_service.ts';
import { refuse } from '../errors/refuse.ts';
import type { Api } from '../schema/api.ts';
import type { Handlers } from '../service/define-service.ts';
import type { TopicSource } from '../service/topic-source.ts';

/** Events of one page of a topic, at most. */
export const entriesPageMax = 500;

/** The handlers of TopicService over the sources of a host's services, by the service's short name. */
export function topicHandlers(
  api: Api,
  sources: ReadonlyMap<string, TopicSource>,
): Handlers<TopicServiceService, unknown> {
  const sourceOf = (topic: string): TopicSource | undefined => {
    const owner = api.topics.get(prefixOf(topic));
    return owner === undefined ? undefined : sources.get(owner.service);
  };
  const mustHave = (topic: string): TopicSource => {
    const source = sourceOf(topic);
    if (source === undefined) throw refuse('TOPIC_NOT_FOUND', { metadata: { topic } });
    return source;
  };

  return {
    async listGrants(request: ListGrantsRequest, context): Promise<ListGrantsResponse> {
      const user = { userKey: request.userKey, accountKey: request.accountKey };
      const lists = [...sources.values()].map((source) => source.grants(user, context.signal));
      return { grants: (await Promise.all(lists)).flat() };
    },

    async listHeads(request: ListHeadsRequest, context): Promise<ListHeadsResponse> {
      const bySource = new Map<TopicSource, string[]>();
      for (const topic of request.topics) {
        const source = sourceOf(topic);
        if (source === undefined) continue;
        const topics = bySource.get(source);
        if (topics === undefined) bySource.set(source, [topic]);
        else topics.push(topic);
      }
      const lists = [...bySource].map(([source, topics]) => source.heads(topics, context.signal));
      return { heads: (await Promise.all(lists)).flat() };
    },

    async listEntries(request: ListEntriesRequest, context): Promise<ListEntriesResponse> {
      const limit = request.limit === 0 ? entriesPageMax : Math.min(request.limit, entriesPageMax);
      return mustHave(request.topic).entries(request.topic, request.after, limit, context.signal);
    },

    async listRights(request: ListRightsRequest, context): Promise<ListRightsResponse> {
      return mustHave(request.topic).rights(request.topic, request.userKeys, context.signal);
    },
  };
}

/** What stands before the colon of a topic: `c` of `c:000000000042`. */
export function prefixOf(topic: string): string {
  const colon = topic.indexOf(':');
  return colon < 0 ? topic : topic.slice(0, colon);
}
