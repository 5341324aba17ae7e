// From a descriptor set to the Api: the one place where .proto files become what the mesh is driven by.
// Reads descriptors only; an Api that loads is whole: every RPC has a caller rule, every name leads somewhere.

import { existsSync, readFileSync } from 'node:fs';
import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Caller, Importance } from '../../gen/circuit/options/v1/options.ts';
import type { HttpRule } from '../../gen/google/api/http.ts';
import type { Api, HttpBinding, MessageSchema, MethodSchema, PushSchema, ServiceSchema, TopicSchema } from './api.ts';
import { checkApi } from './check-api.ts';
import { commentsOf } from './comments.ts';
import { messageSchema } from './message-schema.ts';
import { httpRule, methodRule, pushRule, serviceRule } from './options.ts';
import { type Role, shapeSource, type UpdateShape } from './shape.ts';

const defaultTimeoutMs = 5000;

const callerKinds: ReadonlyMap<number, MethodSchema['callers'][number]> = new Map([
  [Caller.CALLER_ANYONE, 'anyone'],
  [Caller.CALLER_USER, 'user'],
  [Caller.CALLER_DOMAIN_SERVER, 'domain_server'],
  [Caller.CALLER_EDGE, 'edge'],
  [Caller.CALLER_SYSTEM, 'system'],
]);

const importances: ReadonlyMap<number, MethodSchema['importance']> = new Map([
  [Importance.IMPORTANCE_LOW, 'low'],
  [Importance.IMPORTANCE_HIGH, 'high'],
]);

/**
 * The Api of an encoded google.protobuf.FileDescriptorSet, with source info where documents are to have comments.
 * Throws an Error that lists every fault: an RPC without a caller rule, a rule that names no field, two of one name, …
 */
export function loadApi(descriptorSet: Uint8Array): Api {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const files = [...registry.files];
  const comments = new Map(files.flatMap((file) => [...commentsOf(file)]));
  const services = files.flatMap((file) => file.services);
  const shapeOf = shapeSource(rolesOf(services));

  const messages = new Map<string, MessageSchema>();
  const pushes: PushSchema[] = [];
  for (const type of registry) {
    if (type.kind !== 'message') continue;
    const message = messageSchema(shapeOf(type));
    messages.set(type.typeName, message);
    const rule = pushRule(type);
    if (rule) pushes.push({ event: rule.event, topic: rule.topic, message, comment: comments.get(type.proto) ?? '' });
  }

  const source = { messages, comments };
  const serviceSchemas = services.map((service) => serviceSchema(service, source));
  const methods = serviceSchemas.flatMap((service) => service.methods);
  const topics = services.flatMap(topicsOf);
  const faults = checkApi({ services: serviceSchemas, pushes, topics, messages: [...messages.values()] });
  if (faults.length > 0)
    throw new Error(`The API has ${faults.length} faults:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);

  return {
    services: new Map(serviceSchemas.map((service) => [service.name, service])),
    methods: new Map(methods.map((method) => [method.name, method])),
    events: new Map(methods.filter((method) => method.event !== '').map((method) => [method.event, method])),
    pushes: new Map(pushes.map((push) => [push.event, push])),
    topics: new Map(topics.map((topic) => [topic.prefix, topic])),
    comments,
    messages,
  };
}

/** The Api of this build: gen/descriptors.binpb, found from the sources as well as from dist/. */
export function loadApiFile(): Api {
  const places = ['../../gen/descriptors.binpb', '../../../gen/descriptors.binpb'].map(
    (path) => new URL(path, import.meta.url),
  );
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error(`There is no ${places[0]!.pathname}: run \`npm run build\`.`);
  return loadApi(readFileSync(file));
}

type Source = {
  readonly messages: ReadonlyMap<string, MessageSchema>;
  readonly comments: ReadonlyMap<object, string>;
};

function serviceSchema(service: DescService, source: Source): ServiceSchema {
  const name = serviceRule(service)?.name ?? '';
  return {
    name: service.typeName,
    service: name,
    methods: service.methods.map((method) => methodSchema(method, name, source)),
    comment: source.comments.get(service.proto) ?? '',
  };
}

function methodSchema(method: DescMethod, service: string, { messages, comments }: Source): MethodSchema {
  const rule = methodRule(method);
  const idempotency = method.idempotency;
  return {
    name: `${method.parent.typeName}/${method.name}`,
    service,
    event: rule?.event ?? '',
    callers: rule?.callers.flatMap((caller) => callerKinds.get(caller) ?? []) ?? [],
    roles: rule?.roles ?? [],
    routeBy: rule?.routeBy ?? '',
    requestId: rule?.requestId ?? '',
    partOffset: rule?.partOffset ?? '',
    cost: rule?.cost || 1,
    timeoutMs: rule?.timeoutMs || defaultTimeoutMs,
    importance: importances.get(rule?.importance ?? 0) ?? 'normal',
    repeatable: idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN || (rule?.requestId ?? '') !== '',
    streaming: method.methodKind !== 'unary',
    http: bindingsOf(httpRule(method)),
    request: messages.get(method.input.typeName)!,
    response: messages.get(method.output.typeName)!,
    comment: comments.get(method.proto) ?? '',
  };
}

function bindingsOf(rule: HttpRule | undefined): readonly HttpBinding[] {
  if (!rule) return [];
  const more = rule.additionalBindings.flatMap(bindingsOf);
  if (!rule.pattern || rule.pattern.$case === 'custom') return more;
  const verb = rule.pattern.$case.toUpperCase() as HttpBinding['verb'];
  return [{ verb, path: rule.pattern.value, body: rule.body }, ...more];
}

/** Which messages are answers, and which requests update what. */
function rolesOf(services: readonly DescService[]): (message: DescMessage) => Role {
  const methods = services.flatMap((service) => service.methods);
  const answers = new Set(methods.map((method) => method.output.typeName));
  const updates = new Map(
    methods.flatMap((method) => (isUpdate(method) ? [[method.input.typeName, updateOf(method)]] : [])),
  );
  return ({ typeName }) => {
    const update = updates.get(typeName);
    return { response: answers.has(typeName), ...(update && { update }) };
  };
}

function isUpdate(method: DescMethod): boolean {
  const mask = method.input.fields.find((field) => field.name === 'update_mask');
  return mask?.fieldKind === 'message' && mask.message.typeName === 'google.protobuf.FieldMask';
}

function updateOf(method: DescMethod): UpdateShape {
  const rule = methodRule(method);
  const bindings = bindingsOf(httpRule(method));
  const body = bindings.find((binding) => binding.body !== '' && binding.body !== '*')?.body ?? '';
  const variables = bindings.flatMap((binding) => [...binding.path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!));
  return {
    resource: body,
    outside: new Set(['update_mask', rule?.routeBy ?? '', rule?.requestId ?? '', ...variables]),
  };
}

function topicsOf(service: DescService): TopicSchema[] {
  const rule = serviceRule(service);
  return rule?.topics.map(({ prefix, sequenced }) => ({ prefix, sequenced, service: rule.name })) ?? [];
}
