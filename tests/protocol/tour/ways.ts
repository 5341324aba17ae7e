// The ways in which a call can be made. What one of them cannot say, such as a socket's own calls over REST, it leaves
// out.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Json } from '../../../edge/testing/app.ts';
import { CircuitError } from '../../../mesh/errors/circuit-error.ts';
import { fromGrpcError } from '../../../mesh/errors/grpc-error.ts';
import type { Reason } from '../../../mesh/errors/reasons.ts';
import type { MethodSchema } from '../../../mesh/schema/api.ts';
import type { Target } from '../target.ts';
import { Device } from './device.ts';
import { type Format, json, proto } from './formats.ts';
import type { Who } from './visit.ts';

/** Three who are signed in. Whatever the way of their calls, the people hear through sockets. */
export type Party = {
  readonly devices: { readonly asha: Device; readonly ravi: Device };
  /** Throws a CircuitError when it is refused. */
  call(by: Who, method: MethodSchema, data: Json): Promise<Json>;
  close(): void;
};

export type Way = {
  readonly name: string;
  takes(method: MethodSchema): boolean;
  open(target: Target): Promise<Party>;
};

const callMs = 15_000;

async function openDevices({ url, tokenA, tokenB }: Target, format: Format): Promise<Party['devices']> {
  const [asha, ravi] = await Promise.all([tokenA, tokenB].map((token) => Device.open(url, token, format)));
  return { asha: asha!, ravi: ravi! };
}

function closing({ asha, ravi }: Party['devices'], more?: () => void): () => void {
  return () => {
    asha.close();
    ravi.close();
    more?.();
  };
}

/** A domain server has no socket: it comes by REST, beside people who do. */
const overSocket = (name: string, format: Format): Way => ({
  name,
  takes: ({ event, callers }) => event !== '' || callers.includes('domain_server'),
  async open(target) {
    const devices = await openDevices(target, format);
    const call: Party['call'] = (by, method, data) =>
      by === 'fish' ? callByRest(target, by, method, data) : devices[by].call(method, data);
    return { devices, call, close: closing(devices) };
  },
});

const overRest: Way = {
  name: 'by REST',
  takes: ({ http }) => http.length > 0,
  async open(target) {
    const devices = await openDevices(target, json);
    return {
      devices,
      call: (by, method, data) => callByRest(target, by, method, data),
      close: closing(devices),
    };
  },
};

/** A domain server, for itself and for the people of its account. */
const overGrpc: Way = {
  name: 'by gRPC',
  takes: ({ service }) => service !== '',
  async open(target) {
    const devices = await openDevices(target, json);
    const client = new Client(target.grpc ?? '', credentials.createInsecure());
    return {
      devices,
      call: (by, method, data) => callByGrpc(client, target, by, method, data),
      close: closing(devices, () => client.close()),
    };
  },
};

export const ways: readonly Way[] = [
  overSocket('in JSON over a socket', json),
  overSocket('in protobuf over a socket', proto),
  overRest,
  overGrpc,
];

function tokenOf({ tokenA, tokenB, serverToken = '' }: Target, by: Who): string {
  return { asha: tokenA, ravi: tokenB, fish: serverToken }[by];
}

/** The request's id travels as `Idempotency-Key`, what the path names in the path, the rest as body or query. */
async function callByRest(target: Target, by: Who, { http, requestId }: MethodSchema, data: Json): Promise<Json> {
  const [{ verb, path, body } = { verb: '', path: '', body: '' }] = http;
  const rest: Record<string, unknown> = { ...data };
  const take = (field: string): string => {
    const value = String(rest[field] ?? '');
    delete rest[field];
    return value;
  };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, field: string) => encodeURIComponent(take(field)));
  const headers: Record<string, string> = { authorization: `Bearer ${tokenOf(target, by)}` };
  if (requestId !== '') headers['idempotency-key'] = take(requestId);
  const query = body === '' ? `?${new URLSearchParams(rest as Record<string, string>)}` : '';
  const response = await fetch(target.url + filled + query, {
    method: verb,
    headers,
    ...(body !== '' && { body: JSON.stringify(rest) }),
    signal: AbortSignal.timeout(callMs),
  });
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new CircuitError(answer.reason as Reason, `${response.status} ${answer.detail ?? ''}`);
  return answer;
}

function callByGrpc(
  client: Client,
  target: Target,
  by: Who,
  { name, request, response }: MethodSchema,
  data: Json,
): Promise<Json> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokenOf(target, 'fish')}`);
  if (by !== 'fish') {
    metadata.set('circuit-act-for', target.users[by]);
    metadata.set('circuit-account', target.account);
  }
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/${name}`,
      (json: Json) => Buffer.from(request.encodeJson(json)),
      (bytes) => JSON.parse(response.decodeJson(bytes)) as Json,
      data,
      metadata,
      { deadline: Date.now() + callMs },
      (error, answer) => (error ? reject(fromGrpcError(error)) : resolve(answer!)),
    );
  });
}
