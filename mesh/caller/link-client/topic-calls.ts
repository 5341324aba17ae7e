// Where calls of TopicService go: they belong to no service by name, but to those that keep the topics they are about.

import { ListHeadsRequest } from '../../../gen/circuit/link/v1/topic_service.ts';
import type { Api } from '../../schema/api.ts';
import type { LinkCall } from '../links.ts';

const topicService = 'circuit.link.v1.TopicService/';

/**
 * The service that a call is for, by short name: its own; of TopicService the keeper that it names, or that of its
 * topic (of the first one in a list of heads: topics of several services are asked for apart).
 */
export function serviceFor(api: Api, { method, request, keeper }: LinkCall): string {
  if (keeper !== undefined) return keeper;
  if (method.service !== '' || !method.name.startsWith(topicService)) return method.service;
  const topic = method.name.endsWith('/ListHeads')
    ? (ListHeadsRequest.decode(request).topics[0] ?? '')
    : method.request.readField(request, 'topic');
  return (api.topics.get(topic.slice(0, topic.indexOf(':'))) ?? [...api.topics.values()][0])?.service ?? '';
}
