// What chat tells edges of its topics: grants, heads, entries and rights. `c:` and `u:` are logs; `h:` only tells
// heads.

import type { TopicGrant, TopicHead } from '../../../gen/circuit/link/v1/topic_service.ts';
import { refuse } from '../../../mesh/errors/refuse.ts';
import type { TopicPage, TopicRights, TopicSource } from '../../../mesh/service/topic-source.ts';
import type { OpenConversations } from '../conversation-log/open-conversations.ts';
import { smallMembersMax } from '../conversation-log/state.ts';
import type { OpenUserLogs } from '../user-log/open-user-logs.ts';
import { conversationTopicEvent } from './conversation-event.ts';
import { partsOfTopic, topicOf } from './names.ts';
import { grantsOf, userTopicEvent } from './user-event.ts';

export function openTopicSource(conversations: OpenConversations, userLogs: OpenUserLogs): TopicSource {
  /** At most two for each of the conversations that one may be in: what bounds the rows bounds these. */
  async function grants(user: { readonly userKey: string; readonly accountKey: string }) {
    const rows = await conversations.rows.ofUser(user.accountKey, user.userKey);
    const heads = await conversations.heads(
      user.accountKey,
      rows.map((row) => row.conversation_id),
    );
    const granted: TopicGrant[] = [];
    for (const row of rows) {
      const head = heads.get(row.conversation_id);
      if (head === undefined) continue;
      granted.push(...grantsOf(row.conversation_id, row.since, head.member_count <= smallMembersMax));
    }
    return granted;
  }

  async function heads(topics: readonly string[]): Promise<readonly TopicHead[]> {
    const parts = topics.map(partsOfTopic);
    const ids = parts.filter(({ prefix }) => prefix === 'c').map(({ key }) => key);
    const users = parts.filter(({ prefix }) => prefix === 'u').map(({ key }) => key);
    const newest = await conversations.newest(ids);
    const ofUsers = users.map(async (key) => ({ topic: topicOf.user(key), seq: await userLogs.head(key) }));
    return [
      ...[...newest].map(([id, seq]) => ({ topic: topicOf.conversation(id), seq })),
      ...(await Promise.all(ofUsers)),
    ];
  }

  async function entries(topic: string, after: number, limit: number): Promise<TopicPage> {
    const { prefix, key } = partsOfTopic(topic);
    if (prefix === 'u') {
      const page = await userLogs.entries(key, after, limit);
      return { events: page.entries.map(userTopicEvent), head: page.head, gone: page.gone };
    }
    const view = prefix === 'c' ? await conversations.viewOf(key) : undefined;
    if (view === undefined) throw refuse('TOPIC_NOT_FOUND');
    const page = await view.entries(after, limit);
    return { events: page.entries.map(conversationTopicEvent), head: page.head, gone: page.gone };
  }

  async function rights(topic: string, userKeys: readonly string[]): Promise<TopicRights> {
    const { prefix, key } = partsOfTopic(topic);
    if (prefix === 'u') {
      const mine = userKeys.filter((userKey) => userKey === key).map((userKey) => ({ userKey, since: 0 }));
      return { head: await userLogs.head(key), rights: mine };
    }
    const view = prefix === 'c' || prefix === 'h' ? await conversations.viewOf(key) : undefined;
    if (view === undefined) throw refuse('TOPIC_NOT_FOUND');
    const rows = await conversations.membersAmong(view.state, userKeys);
    return {
      head: view.state.seq,
      rights: rows.map((row) => ({ userKey: row.user_key, since: row.since })),
    };
  }

  return { grants, heads, entries, rights };
}
