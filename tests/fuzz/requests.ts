// Random requests to any RPC, by its descriptor: whole ones with names that exist strewn in, so that they get past the
// door, and broken ones.

import fc from 'fast-check';
import type { MethodSchema } from '../../mesh/schema/api.ts';
import { arbitraryJson, type Json, mutatedBytes, mutatedJson } from '../../mesh/schema/arbitrary.ts';

/** Names that exist, by the field that would hold them. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** Encoded requests: three whole ones for each broken one. */
export function arbitraryRequest(method: MethodSchema, names: Names): fc.Arbitrary<Uint8Array> {
  const whole = wholeRequest(method, names).map((json) => method.request.encodeJson(json));
  return fc.oneof({ weight: 3, arbitrary: whole }, { weight: 1, arbitrary: mutatedBytes(method.request) });
}

/** Requests as an app writes them: whole ones, and as many that went wrong. */
export function arbitraryData(method: MethodSchema, names: Names): fc.Arbitrary<Json> {
  return fc.oneof(wholeRequest(method, names), mutatedJson(method.request));
}

function wholeRequest(method: MethodSchema, names: Names): fc.Arbitrary<Json> {
  return fc
    .tuple(arbitraryJson(method.request.shape), fc.infiniteStream(fc.nat()))
    .map(([json, choices]) => withNames(json, names, choices));
}

/** The same JSON; most of what is an id by its field's name is one of those given. */
function withNames(json: Json, names: Names, choices: Iterator<number>): Json {
  if (Array.isArray(json)) return json.map((item) => withNames(item, names, choices));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(Object.entries(json).map(([field, value]) => [field, named(field, value, names, choices)]));
}

function named(field: string, value: Json, names: Names, choices: Iterator<number>): Json {
  const known = Object.hasOwn(names, field) ? names[field] : undefined;
  const choice = Number(choices.next().value);
  const name = known?.[choice % known.length];
  if (name === undefined || choice % 5 === 0) return withNames(value, names, choices);
  if (typeof value === 'string') return name;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [name];
  // A map whose keys are names.
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return { ...value, [name]: Object.values(value)[0] ?? 0 };
  }
  return withNames(value, names, choices);
}
