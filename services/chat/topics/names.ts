// Topics by name: `c:<conversation>`, `h:<conversation>` (heads of large ones), `u:<user>`, `d:<user>`.

export const topicOf = {
  conversation: (conversationId: string) => `c:${conversationId}`,
  heads: (conversationId: string) => `h:${conversationId}`,
  user: (userKey: string) => `u:${userKey}`,
  toUser: (userKey: string) => `d:${userKey}`,
} as const;

/** The prefix and what stands behind the colon. */
export function partsOfTopic(topic: string): { readonly prefix: string; readonly key: string } {
  const colon = topic.indexOf(':');
  return { prefix: topic.slice(0, Math.max(colon, 0)), key: topic.slice(colon + 1) };
}
