// What the edge asks of the services that keep topics, in its own name: grants, heads, entries and rights.

import {
  ListEntriesRequest,
  ListEntriesResponse,
  ListGrantsRequest,
  ListGrantsResponse,
  ListHeadsRequest,
  ListHeadsResponse,
  ListRightsRequest,
  ListRightsResponse,
  type TopicGrant,
} from '../../gen/circuit/link/v1/topic_service.ts';
import type { Links } from '../../mesh/caller/links.ts';
import type { Api, MethodSchema } from '../../mesh/schema/api.ts';
import { headsPageMax, otherKeeperMs, questionsMax, rightsPageMax, topicCallMs } from '../limits.ts';
import { prefixOf, userLog } from './topic.ts';
import { TurnBatch } from './turn-batch.ts';

export type Right = {
  /** The topic's number from which the right is valid. */
  readonly since: number;
  /** The topic's number at which it was read. */
  readonly readAt: number;
};

export type Granted = {
  /** Each topic once. */
  readonly grants: readonly TopicGrant[];
  /** The services that did not answer. */
  readonly away: readonly string[];
};

export class TopicReader {
  readonly #api: Api;
  readonly #links: Links;
  readonly #signal: AbortSignal;
  readonly #heads: TurnBatch<string, number>;
  /** By topic; a batch lives while somebody waits for it. */
  readonly #rights = new Map<string, TurnBatch<string, Right>>();

  constructor(api: Api, links: Links, signal: AbortSignal) {
    this.#api = api;
    this.#links = links;
    this.#signal = signal;
    this.#heads = new TurnBatch({
      sizeMax: headsPageMax,
      underWayMax: questionsMax,
      ask: (topics) => this.#askHeads(topics),
    });
  }

  /** The topic's newest number, asked after this call; 0 for a topic that does not exist (yet). */
  async head(topic: string): Promise<number> {
    return (await this.#heads.ask(topic)) ?? 0;
  }

  /** Numbered events above `after`, rising without a gap. */
  async entries(topic: string, after: number, limit: number, signal: AbortSignal): Promise<ListEntriesResponse> {
    const request = ListEntriesRequest.encode({ topic, after, limit }).finish();
    return ListEntriesResponse.decode(await this.#request('ListEntries', request, signal));
  }

  /** A user's right to a topic, read after this call; undefined: none. */
  async right(topic: string, userKey: string): Promise<Right | undefined> {
    let batch = this.#rights.get(topic);
    if (batch === undefined) {
      batch = new TurnBatch({
        sizeMax: rightsPageMax,
        underWayMax: 1,
        ask: (userKeys) => this.#askRights(topic, userKeys),
      });
      this.#rights.set(topic, batch);
    }
    try {
      return await batch.ask(userKey);
    } finally {
      if (this.#rights.get(topic) === batch && batch.idle) this.#rights.delete(topic);
    }
  }

  /**
   * The topics that a user follows from the start, of these services: of all that keep topics, if not given. Throws
   * UNAVAILABLE where the one that keeps users' logs does not answer: without it, no right is known to hold.
   */
  async grants(userKey: string, accountKey: string, keepers = this.#keepers()): Promise<Granted> {
    const request = ListGrantsRequest.encode({ userKey, accountKey }).finish();
    const grants = new Map<string, TopicGrant>();
    const away: string[] = [];
    await Promise.all(
      keepers.map(async (keeper) => {
        const keepsUsers = keeper === this.keeperOf(userLog(userKey));
        const timeoutMs = keepsUsers ? topicCallMs : otherKeeperMs;
        const call = { method: this.#method('ListGrants'), request, keeper, timeoutMs, signal: this.#signal };
        try {
          const response = ListGrantsResponse.decode(await this.#links.request(call));
          // A process answers for all of its services.
          for (const grant of response.grants) grants.set(grant.topic, grant);
        } catch (error) {
          if (keepsUsers) throw error;
          away.push(keeper);
        }
      }),
    );
    return { grants: [...grants.values()], away };
  }

  /** The service that keeps a topic; undefined: nobody. */
  keeperOf(topic: string): string | undefined {
    return this.#api.topics.get(prefixOf(topic))?.service;
  }

  #keepers(): readonly string[] {
    return [...new Set([...this.#api.topics.values()].map(({ service }) => service))];
  }

  async #askHeads(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const byService = new Map<string, string[]>();
    for (const topic of topics) {
      const service = this.keeperOf(topic) ?? '';
      const list = byService.get(service);
      if (list === undefined) byService.set(service, [topic]);
      else list.push(topic);
    }
    const heads = new Map<string, number>();
    await Promise.all(
      [...byService.values()].map(async (list) => {
        const request = ListHeadsRequest.encode({ topics: list }).finish();
        const response = ListHeadsResponse.decode(await this.#request('ListHeads', request, this.#signal));
        for (const head of response.heads) heads.set(head.topic, head.seq);
      }),
    );
    return heads;
  }

  async #askRights(topic: string, userKeys: readonly string[]): Promise<ReadonlyMap<string, Right>> {
    const request = ListRightsRequest.encode({ topic, userKeys }).finish();
    const { head, rights } = ListRightsResponse.decode(await this.#request('ListRights', request, this.#signal));
    return new Map(rights.map((right) => [right.userKey, { since: right.since, readAt: head }]));
  }

  #request(name: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.#links.request({ method: this.#method(name), request, timeoutMs: topicCallMs, signal });
  }

  #method(name: string): MethodSchema {
    const method = this.#api.methods.get(`circuit.link.v1.TopicService/${name}`);
    if (method === undefined) throw new Error(`The API lacks TopicService/${name}.`);
    return method;
  }
}
