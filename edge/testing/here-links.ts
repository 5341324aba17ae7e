// Links to a service in this very process: no wire in between, so that a test of the edge can lose or hold what it wants.

import { TopicServiceService } from '../../gen/circuit/link/v1/topic_service.ts';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import { memorySubscriptions } from '../../mesh/bus/memory.ts';
import { TopicHub } from '../../mesh/bus/topic-hub.ts';
import type { LinkCall, Links } from '../../mesh/caller/links.ts';
import { coerce } from '../../mesh/errors/coerce.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import { type BoundMethod, bindMethods } from '../../mesh/host/bound-method.ts';
import type { HostedService } from '../../mesh/host/host.ts';
import { topicHandlers } from '../../mesh/host/topic-handlers.ts';
import type { Api } from '../../mesh/schema/api.ts';
import type { Ground } from '../../mesh/service/define-service.ts';
import { silentLog } from '../../mesh/telemetry/log.ts';

export type HereLinks = Links & {
  readonly bus: TopicHub;
  /** Says that events of these topics may have been missed. */
  gap(topics: Iterable<string>): void;
  endSession(id: string, reason: 'TOKEN_EXPIRED' | 'TOKEN_INVALID'): void;
  /** Sessions that were opened and not ended. */
  readonly sessions: ReadonlyMap<string, string>;
};

export async function openHereLinks(api: Api, service: HostedService, verifier: Verifier): Promise<HereLinks> {
  const bus = new TopicHub();
  const state = await service.open({ bus, log: silentLog(), clock: Date.now } as unknown as Ground);
  const sources = new Map([[service.name, state.topics!]]);
  const methods = new Map<string, BoundMethod>([
    ...bindMethods(api, { ...service, state }),
    ...bindMethods(api, {
      name: 'topics',
      definition: TopicServiceService,
      handlers: topicHandlers(api, sources),
      state: undefined,
    }),
  ]);
  const sessions = new Map<string, string>();
  const onEnd: Parameters<Links['onSessionEnd']>[0][] = [];
  const onGap: ((topics: Iterable<string>) => void)[] = [];
  const subscriptions = {
    ...memorySubscriptions(bus),
    onGap: (listener: (topics: Iterable<string>) => void) => void onGap.push(listener),
  };

  const run = async (call: Omit<LinkCall, 'done'>, signal: AbortSignal): Promise<Uint8Array> => {
    const method = methods.get(call.method.name);
    if (method === undefined) throw refuse('NOT_IMPLEMENTED');
    const violations = call.method.request.validate(call.request);
    if (violations.length > 0) throw refuse('INVALID_REQUEST', { violations });
    const token = call.session === undefined ? undefined : sessions.get(call.session.id);
    const caller = token === undefined ? { kind: 'edge' as const, key: 'edge' } : await verifier.verify(token);
    if (!call.method.callers.includes(caller.kind)) throw refuse('CALLER_NOT_ALLOWED');
    const context = {
      caller,
      service: method.state,
      now: Date.now(),
      signal,
      deadline: Date.now() + (call.timeoutMs ?? call.method.timeoutMs),
      log: silentLog(),
      traceparent: '',
      onEnd: () => {},
    };
    return method.encode(await method.handler(method.decode(Buffer.from(call.request)), context));
  };

  return {
    bus,
    sessions,
    subscriptions,
    openSession(id, token) {
      sessions.set(id, token);
      return { id, renew: (fresh) => void sessions.set(id, fresh), end: () => void sessions.delete(id) };
    },
    call(call) {
      const abort = new AbortController();
      run(call, abort.signal).then(
        (response) => call.done(undefined, response),
        (error) => call.done(coerce(error), undefined),
      );
      return () => abort.abort();
    },
    async request({ signal, ...call }) {
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(refuse('CANCELLED')), { once: true });
      });
      return Promise.race([run(call, signal), aborted]);
    },
    onSessionEnd: (listener) => void onEnd.push(listener),
    healthy: () => true,
    close: async () => {},
    gap: (topics) => {
      for (const listener of onGap) listener(topics);
    },
    endSession: (id, reason) => {
      for (const listener of onEnd) listener(id, reason);
    },
  };
}
