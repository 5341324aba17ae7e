// A service as the mesh runs it: its proto definition, its collections, its state and the table of its handlers.

import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Db } from 'mongodb';
import type { Bus } from '../bus/bus.ts';
import type { Calls } from '../caller/calls.ts';
import type { Collection } from '../store/collection.ts';
import type { IdSource } from '../store/ids.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Handler } from './context.ts';
import type { TopicSource } from './topic-source.ts';

/** The ground that a host gives a service to stand on. */
export type Ground = {
  readonly db: Db;
  readonly bus: Bus;
  /** Calls to other services, and to this one by the owner of a key. */
  readonly calls: Calls;
  readonly ids: IdSource;
  readonly log: Logger;
  /** Where the service counts what names.ts declares; absent where nobody asks. */
  readonly metrics?: Metrics;
  /** Milliseconds since 1970. Tests move it. */
  readonly clock: () => number;
  /** Aborted when the host shuts down. */
  readonly signal: AbortSignal;
};

/** What a service's `open` returns: its state, alive until `close`. */
export type OpenService = {
  /** Present where the service's proto declares topics. */
  readonly topics?: TopicSource;
  /** Throws, with what is wrong, while the service cannot do its work. */
  ready?(): Promise<void>;
  /** Finishes what is under way, then lets go. No handler runs when it is called. */
  close(): Promise<void>;
};

type Method = {
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
};
type RequestOf<M extends Method> = ReturnType<M['requestDeserialize']>;
type ResponseOf<M extends Method> = Parameters<M['responseSerialize']>[0];

/** One handler for each RPC of the definition, no more and no fewer. */
export type Handlers<Definition, Service> = {
  readonly [Name in keyof Definition]: Definition[Name] extends Method
    ? Handler<RequestOf<Definition[Name]>, ResponseOf<Definition[Name]>, Service>
    : never;
};

export type Service<Definition = ServiceDefinition, State extends OpenService = OpenService> = {
  /** The name in the proto's service rule, as in `circuit serve chat`. */
  readonly name: string;
  readonly definition: Definition;
  readonly collections: readonly Collection[];
  /** Definitions of the other services that its handlers call; its own are known. */
  readonly calls?: readonly ServiceDefinition[];
  readonly open: (ground: Ground) => Promise<State>;
  readonly handlers: Handlers<Definition, State>;
};

/** Ties a service's parts together; the types see to it that every RPC has its handler. */
export function defineService<Definition, State extends OpenService>(
  service: Service<Definition, State>,
): Service<Definition, State> {
  return service;
}
