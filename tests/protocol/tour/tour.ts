// The tour of the API: every call that an app or a domain server can make and every event that it can hear, in one
// story, told in each way that the API speaks. Needs nothing of a deployment but its address and tokens.

import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../edge/testing/app.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import type { MethodSchema } from '../../../mesh/schema/api.ts';
import type { Target } from '../target.ts';
import { contentVisits } from './content-visits.ts';
import { conversationVisits } from './conversation-visits.ts';
import { endingVisits } from './ending-visits.ts';
import { api } from './formats.ts';
import { largeVisits } from './large-visits.ts';
import { messageVisits } from './message-visits.ts';
import { ownVisits } from './own-visits.ts';
import { socketVisits } from './socket-visits.ts';
import type { Story, Visit } from './visit.ts';
import { type Party, type Way, ways } from './ways.ts';

export const tour: readonly Visit[] = [
  ...largeVisits,
  ...conversationVisits,
  ...contentVisits,
  ...messageVisits,
  ...ownVisits,
  ...socketVisits,
  ...endingVisits,
];

/** The calls of the API, by RPC. What only processes of the mesh may call is none of the tour's business. */
export const methods: ReadonlyMap<string, MethodSchema> = new Map(
  [...api.methods.values()]
    .filter(({ callers }) => callers.some((kind) => kind !== 'edge' && kind !== 'system'))
    .map((method) => [method.name.slice(method.name.indexOf('/') + 1), method]),
);

const attemptsMax = 3;
const passing: ReadonlySet<string> = new Set(['DEADLINE_EXCEEDED', 'OVERLOADED', 'UNAVAILABLE']);
const visitMs = 60_000;

/** Why something is left out where a deployment was named without it. */
const needsMore = 'it takes the token of a domain server, over gRPC the address, too';

/** The first entry of a log, which nobody can follow before it is there: apps get it by Sync. */
const neverLive: ReadonlySet<string> = new Set(['conversation.new']);
/** Of the large conversation, which is made in one way only, and by a domain server: two people can't fill it. */
const ofLarge: ReadonlySet<string> = new Set(['conversation.head']);

/** One of the ways, with people and a story of its own. */
type Teller = { readonly way: Way; readonly party: Party; readonly story: Story };

/** Declares the tests. `target` is asked once they run. Each visit is made in all ways at once. */
export function describeTour(target: () => Target): void {
  describe('a tour of the API', { timeout: visitMs }, () => {
    const tellers: Teller[] = [];
    /** After a visit that failed the story is another one: the rest would only fail for its sake. */
    let lost: string | undefined;
    afterAll(() => {
      for (const { party } of tellers) party.close();
    });

    for (const way of ways) {
      it(`is made ${way.name}`, async ({ skip }) => {
        if (!isOpen(way, target())) return skip(needsMore);
        tellers.push({ way, party: await way.open(target()), story: storyOf(target()) });
      });
    }

    for (const visit of tour) {
      it(`${visit.by} calls ${visit.rpc} to ${visit.to}`, async ({ skip }) => {
        if (visit.by === 'fish' && target().serverToken === undefined) return skip(needsMore);
        if (lost !== undefined) return skip(`not reached: it failed to ${lost}`);
        lost = visit.to;
        const method = methodOf(visit.rpc);
        const able = tellers.filter(({ way }) => way.takes(method));
        expect(able).not.toEqual([]);
        const making = able.slice(0, visit.once ? 1 : able.length);
        await Promise.all(making.map((teller) => make(visit, method, teller)));
        lost = undefined;
      });
    }

    it('has heard every event of the API', () => {
      for (const { way, party } of tellers) {
        const isLarge = way === ways[0] && target().serverToken !== undefined;
        const left = (event: string) => neverLive.has(event) || (!isLarge && ofLarge.has(event));
        const heard = new Set(Object.values(party.devices).flatMap((device) => [...device.heard]));
        expect([...heard].sort(), way.name).toEqual([...api.pushes.keys()].filter((event) => !left(event)).sort());
      }
    });
  });
}

function isOpen({ name }: Way, { grpc, serverToken }: Target): boolean {
  return name !== 'by gRPC' || (grpc !== undefined && serverToken !== undefined);
}

function storyOf({ tokenA: token, users, account }: Target): Story {
  return { ...users, token, account, group: '', direct: '', large: '', message: '', seq: 0, forwarded: '' };
}

function methodOf(rpc: string): MethodSchema {
  const method = methods.get(rpc);
  if (method === undefined) throw new Error(`the API has no ${rpc}`);
  return method;
}

async function make(visit: Visit, method: MethodSchema, { way, party, story }: Teller): Promise<void> {
  const id: Json = method.requestId === '' ? {} : { [method.requestId]: randomUUID() };
  const request = { ...id, ...visit.asks(story) };
  try {
    const answer = await callAgain(() => party.call(visit.by, method, request), method);
    expect(answer).toMatchObject(visit.answers(story));
    visit.keeps?.(answer, story);
    for (const [who, event, data] of visit.hears?.(story) ?? []) await party.devices[who].hears(event, data);
  } catch (error) {
    if (error instanceof Error) error.message = `${way.name}: ${error.message}`;
    throw error;
  }
}

/** What an app does on a busy day: the same request is the same call, however often it is made. */
async function callAgain(call: () => Promise<Json>, { repeatable }: MethodSchema): Promise<Json> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const mayPass = error instanceof CircuitError && passing.has(error.reason);
      if (!repeatable || !mayPass || attempt === attemptsMax) throw error;
    }
  }
}
