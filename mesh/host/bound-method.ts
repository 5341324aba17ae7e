// An RPC tied to what answers it: its schema, its codec and its handler, ready to be called by bytes.

import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Api, MethodSchema } from '../schema/api.ts';
import type { Handler } from '../service/context.ts';

export type AnyHandler = Handler<unknown, unknown, unknown>;

export type BoundMethod = {
  readonly schema: MethodSchema;
  readonly decode: (bytes: Buffer) => unknown;
  readonly encode: (response: unknown) => Buffer;
  readonly handler: AnyHandler;
  /** What the handler gets as `context.service`. */
  readonly state: unknown;
};

export type Binding = {
  /** The short name of the service, for messages. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, Handler<never, unknown, never> | undefined>>;
  readonly state: unknown;
};

/**
 * Ties each RPC of a definition to its handler, by full name such as `circuit.chat.v1.ChatService/SendMessage`.
 * Throws with every RPC that has no handler, no rule in the API, or that streams.
 */
export function bindMethods(api: Api, binding: Binding): Map<string, BoundMethod> {
  const bound = new Map<string, BoundMethod>();
  const faults: string[] = [];
  for (const [key, rpc] of Object.entries(binding.definition)) {
    const name = rpc.path.slice(1);
    const schema = api.methods.get(name);
    const handler = binding.handlers[key];
    if (schema === undefined) faults.push(`${name} is not in the API`);
    if (handler === undefined) faults.push(`${name} has no handler`);
    if (rpc.requestStream || rpc.responseStream) faults.push(`${name} streams`);
    if (schema === undefined || handler === undefined) continue;
    bound.set(name, {
      schema,
      decode: rpc.requestDeserialize,
      encode: rpc.responseSerialize,
      handler: handler as AnyHandler,
      state: binding.state,
    });
  }
  if (faults.length > 0) throw new Error(`The service ${binding.name} cannot be hosted: ${faults.join('; ')}.`);
  return bound;
}
