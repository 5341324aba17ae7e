// Where calls of TopicService go: they belong to no service by name, but to those that keep the topics they are about.

import { ListHeadsRequest } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Api } from '../../schema/api.ts';
import type { LinkCall } from '../links.ts';

const topicService = 'circuit.link.v1.TopicService/';

/**
 * The services that a call is for, by short name: its own; of TopicService the keeper of the topic (of the first one in
 * a list of heads: topics of several services are asked for apart), and every keeper for a user's grants.
 */
export function servicesFor(api: Api, call: LinkCall): readonly string[] {
  const { method, request } = call;
  if (!method.name.startsWith(topicService)) return [method.service];
  const keepers = [...new Set([...api.topics.values()].map(({ service }) => service))];
  if (method.name.endsWith('/ListGrants')) return keepers;
  const topic = method.name.endsWith('/ListHeads')
    ? (ListHeadsRequest.decode(request).topics[0] ?? '')
    : method.request.readField(request, 'topic');
  const keeper = api.topics.get(topic.slice(0, topic.indexOf(':')));
  return [keeper?.service ?? keepers[0] ?? ''];
}
