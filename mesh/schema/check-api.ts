// What an API must keep so that the mesh can run it. Every fault is told, each with the name of what is wrong.

import type { MessageSchema, MethodSchema, PushSchema, ServiceSchema, TopicSchema } from './api.ts';
import type { FieldShape } from './shape.ts';

type Parts = {
  readonly services: readonly ServiceSchema[];
  readonly pushes: readonly PushSchema[];
  readonly topics: readonly TopicSchema[];
  readonly messages: readonly MessageSchema[];
};

/** The faults of an API, as sentences; none where it can be run. */
export function checkApi({ services, pushes, topics, messages }: Parts): string[] {
  const methods = services.flatMap((service) => service.methods);
  return [
    ...methods.flatMap(checkMethod),
    ...pushes.flatMap(checkPush),
    ...messages.flatMap((message) => message.shape.fields.flatMap((field) => checkField(message, field))),
    ...messages.flatMap(checkNames),
    ...twice(
      methods.filter((method) => method.event !== ''),
      (method) => method.event,
      (method) => method.name,
      'the event',
    ),
    ...twice(
      methods.flatMap(routesOf),
      (route) => route.key,
      (route) => route.method,
      'the route',
    ),
    ...twice(
      pushes,
      (push) => push.event,
      (push) => push.message.name,
      'the pushed event',
    ),
    ...twice(
      topics,
      (topic) => topic.prefix,
      (topic) => topic.service,
      'the topic prefix',
    ),
    ...twice(
      services.filter((service) => service.service !== ''),
      (service) => service.service,
      (service) => service.name,
      'the name',
    ),
  ];
}

function checkMethod(method: MethodSchema): string[] {
  const faults: string[] = [];
  const fields = method.request.shape.byName;
  if (method.callers.length === 0) faults.push(`${method.name} has no caller rule`);
  if (method.routeBy !== '' && !isKey(fields.get(method.routeBy))) {
    faults.push(`${method.name} routes by "${method.routeBy}", which is no string or number of its request`);
  }
  const requestId = fields.get(method.requestId);
  if (method.requestId !== '' && !(isKey(requestId) && requestId?.type === 'string')) {
    faults.push(`${method.name} has the request id "${method.requestId}", which is no string of its request`);
  }
  if (method.streaming && (method.event !== '' || method.http.length > 0)) {
    faults.push(`${method.name} is a stream, and those have neither event nor route`);
  }
  if (method.event !== '' && !method.callers.some((caller) => caller === 'user' || caller === 'anyone')) {
    faults.push(`${method.name} has the event "${method.event}", and no user may call it`);
  }
  for (const { path, body } of method.http) {
    if (!/^(\/([A-Za-z0-9_.~-]+|\{[a-z][a-z0-9_]*\}))+(:[a-z][A-Za-z0-9]*)?$/.test(path)) {
      faults.push(`${method.name} has the path "${path}", which is none that the mesh can match`);
    }
    for (const [, name = ''] of path.matchAll(/\{([^}]*)\}/g)) {
      if (!isKey(fields.get(name)))
        faults.push(`${method.name} has "{${name}}" in its path, which is no string or number of its request`);
    }
    if (body !== '' && body !== '*' && !fields.has(body))
      faults.push(`${method.name} has the body "${body}", which is no field of its request`);
    faults.push(...checkParts(method, fields.get(body)));
  }
  return faults;
}

/** A body of bytes comes in parts, and nothing else does. */
function checkParts({ name, partOffset, requestId, request }: MethodSchema, body: FieldShape | undefined): string[] {
  const offset = request.shape.byName.get(partOffset);
  const isBytes = body?.type === 'bytes' && !body.list;
  if (isBytes && partOffset === '') return [`${name} has a body of bytes, and no part_offset`];
  // Each part is a call with the same id and another content.
  if (partOffset !== '' && requestId !== '') return [`${name} has a part_offset and a request_id`];
  if (partOffset === '' || (isBytes && offset?.type === 'int64' && !offset.list)) return [];
  return [`${name} has a part_offset, and that goes with a body of bytes and is an int64`];
}

function isKey(field: FieldShape | undefined): boolean {
  return field !== undefined && !field.list && field.type !== 'message' && field.type !== 'bytes';
}

function checkPush(push: PushSchema): string[] {
  const faults: string[] = [];
  if (push.event === '') faults.push(`${push.message.name} is pushed without an event`);
  if (push.topic === '') faults.push(`${push.message.name} is pushed without a topic`);
  return faults;
}

const numeric = /^(double|float|s?fixed(32|64)|[su]?int(32|64))$/;

function checkField(message: MessageSchema, field: FieldShape): string[] {
  const name = `${message.name}.${field.name}`;
  const { rule } = field;
  const item = field.map?.value.type ?? field.type;
  const faults: string[] = [];
  if (rule.pattern !== '') {
    try {
      new RegExp(rule.pattern, 'u');
    } catch (error) {
      faults.push(`${name} has a bad pattern: ${(error as Error).message}`);
    }
  }
  const onText = rule.minLength > 0 || rule.maxLength > 0 || rule.pattern !== '' || rule.id || rule.url;
  if (onText && item !== 'string') faults.push(`${name} has rules of strings and is none`);
  if ((rule.min !== undefined || rule.max !== undefined) && !numeric.test(item))
    faults.push(`${name} has a range and is no number`);
  if (rule.maxBytes > 0 && item !== 'bytes') faults.push(`${name} has max_bytes and is no bytes`);
  if ((rule.minItems > 0 || rule.maxItems > 0) && !field.list && !field.map)
    faults.push(`${name} counts items and is neither list nor map`);
  const hasFirst = field.list && /^(message|string|bytes)$/.test(field.type);
  if (rule.jsonFirst !== '' && (!hasFirst || message.shape.byName.has(rule.jsonFirst))) {
    faults.push(`${name} has json_first, and is no list of messages or texts, or another field has that name`);
  }
  if (field.message?.name === 'google.protobuf.Any') faults.push(`${name} is an Any, which has no JSON here`);
  if (message.shape.tuple && (field.list || field.map || field.presence)) {
    faults.push(`${name} is in a tuple, which holds scalars without presence only`);
  }
  return faults;
}

/** Enum values must keep different names in JSON; aliases of one number may share theirs. */
function checkNames(message: MessageSchema): string[] {
  return message.shape.fields.flatMap((field) => {
    const names = field.enum ? field.enum.desc.values.map((value) => value.number) : [];
    const distinct = new Set(field.enum?.numbers.values());
    return names.every((number) => distinct.has(number))
      ? []
      : [`${field.enum!.name} has two values of one name in JSON`];
  });
}

function routesOf(method: MethodSchema): { key: string; method: string }[] {
  return method.http.map(({ verb, path }) => ({
    key: `${verb} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`,
    method: method.name,
  }));
}

function twice<T>(items: readonly T[], key: (item: T) => string, owner: (item: T) => string, what: string): string[] {
  const first = new Map<string, string>();
  return items.flatMap((item) => {
    const known = first.get(key(item));
    if (known !== undefined) return [`${known} and ${owner(item)} have ${what} "${key(item)}" both`];
    first.set(key(item), owner(item));
    return [];
  });
}
