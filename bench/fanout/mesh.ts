// What the processes of these benches agree on.

export const benchTrust = { issuer: 'https://bench.test', audience: 'circuit', clockToleranceMs: 0 } as const;

export function conversationTopic(n: number): string {
  return `c:${String(n).padStart(12, '0')}`;
}
