// The edge's codec and the validators, against what one would use else: JSON.parse and ts-proto, and protobuf-es.
// One process, one core; each peer in turn, several rounds, the median of each.

import { create, type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { SendMessageRequest } from '../../gen/circuit/chat/v1/chat_service.ts';
import { MessageNewEvent } from '../../gen/circuit/chat/v1/events.ts';
import type { MessageSchema } from '../../mesh/schema/api.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { median } from '../median.ts';
import { against, quoted } from '../rounds.ts';
import type { Row } from '../row.ts';

const roundMs = 300;
const rounds = 5;

const text = 'DO is 2.1 in pond A1, aerators are on; please look at the inlet before the evening feed.';

const request = {
  conversation_id: '000000000042',
  client_message_id: '0b5f3c1e-6d0a-4f6e-9a53-3b8f3f2f7f10',
  content: { type: 'text', text, formatted_text: { bold: [[0, 5]] } },
};

const event = {
  message: {
    message_id: '100000000123',
    conversation_id: '000000000042',
    account_key: '900000000001',
    seq: 17,
    number: 15,
    changed: 17,
    sender: { kind: 'user', user_key: '100000000001', display_name: 'Asha', avatar_url: 'https://example.org/a.png' },
    content: { type: 'text', text, formatted_text: { bold: [[0, 5]], italic: [[20, 25]] } },
    mentions: ['100000000002'],
    status: 'sent',
    metadata: { client_message_id: request.client_message_id, platform: 'web', app_version: '1.2.3' },
    created_at: '2026-01-02T03:04:05.678Z',
    updated_at: '2026-01-02T03:04:05.678Z',
  },
};

type Work = () => unknown;

/** Calls a second on one core, round by round, each work in turn; a round before them warms up. */
function rates<Name extends string>(works: Readonly<Record<Name, Work>>): Record<Name, number[]> {
  const names = Object.keys(works) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const perSecond = Math.round(rate(works[name]));
      if (round > 0) measured[name].push(perSecond);
    }
  }
  return measured;
}

function rate(work: Work): number {
  const start = performance.now();
  let calls = 0;
  let now = start;
  while (now - start < roundMs) {
    for (let i = 0; i < 200; i++) work();
    calls += 200;
    now = performance.now();
  }
  return (calls / (now - start)) * 1000;
}

type Compared = { readonly ours: number[]; readonly tsProto: number[]; readonly protobufEs: number[] };
type Peer = { readonly of: string; readonly goal: number };

function comparisons(name: string, measured: Compared, note: string, tsProto: Peer, protobufEs: Peer): Row[] {
  const { ours } = measured;
  const common = { ...quoted(ours), unit: 'messages/s on one core', note };
  return [
    { name: `${name}, against ts-proto`, ...common, ...against(ours, measured.tsProto), ...tsProto },
    { name: `${name}, against protobuf-es`, ...common, ...against(ours, measured.protobufEs), ...protobufEs },
  ];
}

export async function rows(): Promise<readonly Row[]> {
  const api = loadApiFile();
  const send = api.messages.get(SendMessageRequest.$type)!;
  const push = api.messages.get(MessageNewEvent.$type)!;
  return [...inRows(send), ...outRows(push), validatorRow(send)];
}

/** From a socket's text to the bytes that a service is sent. */
function inRows(schema: MessageSchema): Row[] {
  const json = JSON.stringify(request);
  const desc = schema.shape.desc as DescMessage;
  // ts-proto has no JSON of ours: it is given the object that JSON of its own would have been parsed to.
  const decoded = SendMessageRequest.decode(schema.encodeJson(request));
  const parsed = JSON.stringify(decoded);
  const theirs = JSON.stringify(toJson(desc, fromBinary(desc, schema.encodeJson(request))));
  const measured = rates({
    ours: () => schema.encodeJson(JSON.parse(json)),
    tsProto: () => SendMessageRequest.encode(JSON.parse(parsed) as SendMessageRequest).finish(),
    protobufEs: () => toBinary(desc, fromJson(desc, JSON.parse(theirs) as JsonValue)),
  });
  const note = `a send of ${json.length} characters, JSON text to protobuf bytes`;
  return comparisons(
    'JSON in',
    measured,
    note,
    { of: 'JSON.parse and ts-proto encode, which checks nothing', goal: 0.5 },
    { of: 'JSON.parse and @bufbuild/protobuf fromJson', goal: 2 },
  );
}

/** From the bytes that a service publishes to a socket's text. */
function outRows(schema: MessageSchema): Row[] {
  // As it comes from a Link: a Buffer.
  const bytes = Buffer.from(schema.encodeJson(event));
  const desc = schema.shape.desc as DescMessage;
  const measured = rates({
    ours: () => schema.decodeJson(bytes),
    tsProto: () => JSON.stringify(MessageNewEvent.decode(bytes)),
    protobufEs: () => JSON.stringify(toJson(desc, fromBinary(desc, bytes))),
  });
  const note = `an event of ${bytes.length} bytes to ${schema.decodeJson(bytes).length} characters of JSON text`;
  return comparisons(
    'JSON out',
    measured,
    note,
    { of: 'ts-proto decode and JSON.stringify', goal: 1 },
    { of: '@bufbuild/protobuf toJson and JSON.stringify', goal: 2 },
  );
}

function validatorRow(schema: MessageSchema): Row {
  const bytes = schema.encodeJson(request);
  const desc = schema.shape.desc as DescMessage;
  const violations = schema.validate(bytes);
  if (violations.length > 0) throw new Error(`The bench's own request is not valid: ${JSON.stringify(violations)}`);
  const measured = rates({
    validate: () => schema.validate(bytes),
    decode: () => fromBinary(desc, bytes, { readUnknownFields: false }) ?? create(desc),
  });
  const decoded = median(measured.decode).toLocaleString('en');
  return {
    name: 'validation',
    ...quoted(measured.validate),
    unit: 'messages/s on one core',
    goal: 300_000,
    note: `all rules of a send of ${bytes.length} bytes; @bufbuild/protobuf only decodes ${decoded} of them`,
  };
}
