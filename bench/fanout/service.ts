// A service that keeps topics and publishes to them, on a real host: what stands behind the edge in these benches.

import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { openVerifier } from '../../mesh/auth/verifier.ts';
import type { Bus } from '../../mesh/bus/bus.ts';
import { openHost } from '../../mesh/host/host.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import type { IdSource } from '../../mesh/store/ids.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';
import { benchTrust, conversationTopic } from './mesh.ts';
import { serve } from './subject.ts';

const secret = randomBytes(32).toString('hex');
const key = secretKey(secret);
let bus: Bus = { publish: () => {} };
const heads = new Map<string, number>();

serve({
  /** Each user follows others of so many conversations. Answers the address and what tokens are signed with. */
  async open(topicsPerUser: number, topics: number): Promise<{ address: string; secret: string }> {
    const host = await openHost({
      api: loadApiFile(),
      db: {} as Db,
      ids: {} as IdSource,
      verifier: openVerifier({ ...benchTrust, key }),
      log: silentLog(),
      services: [
        {
          name: 'chat',
          definition: {},
          handlers: {},
          open: async (ground) => {
            bus = ground.bus;
            return { topics: source(topicsPerUser, topics), close: async () => {} };
          },
        },
      ],
    });
    return { address: host.address, secret };
  },
  tokens(count: number): Promise<string[]> {
    const issuer = openIssuer({ ...benchTrust, key });
    const users = Array.from({ length: count }, (_, n) => String(100_000_000_000 + n));
    return Promise.all(
      users.map((userKey) => issuer.issueUser({ userKey, accountKey: '900000000001', displayName: 'Asha' })),
    );
  },
  /** `encoded` is the event's message, in base64. */
  publish(count: number, encoded: string): void {
    const topic = conversationTopic(0);
    const data = Buffer.from(encoded, 'base64');
    for (let n = 0; n < count; n++) {
      const seq = (heads.get(topic) ?? 0) + 1;
      heads.set(topic, seq);
      bus.publish({
        topic,
        seq,
        after: 0,
        event: 'message.new',
        data,
        revokedUsers: [],
        grantedTopics: [],
        revokedTopics: [],
        blanked: [],
      });
    }
  },
});

function source(topicsPerUser: number, topics: number) {
  return {
    grants: async ({ userKey }: { readonly userKey: string }) =>
      Array.from({ length: topicsPerUser }, (_, n) => ({
        topic: conversationTopic((Number(userKey) * topicsPerUser + n) % topics),
        since: 0,
        follow: true,
      })),
    heads: async (names: readonly string[]) => names.map((topic) => ({ topic, seq: heads.get(topic) ?? 0 })),
    entries: async () => ({ events: [], head: 0, gone: true }),
    rights: async (_topic: string, userKeys: readonly string[]) => ({
      head: 0,
      rights: userKeys.map((userKey) => ({ userKey, since: 0 })),
    }),
  };
}
