// kinds.proto, loaded: the API of the tests, and its messages as @bufbuild/protobuf knows them, the oracle.

import { create, type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import type { MessageSchema } from '../api.ts';
import { loadApi } from '../load-api.ts';
import { descriptorsOf } from './build.ts';

export const kindsApi = loadApi(await descriptorsOf('kinds.proto'));

export function message(name: string): MessageSchema {
  return kindsApi.messages.get(`test.v1.${name}`)!;
}

/** The bytes that protobuf itself makes of its own JSON (lowerCamelCase, or names as in the .proto). */
export function bytesOf(name: string, json: JsonValue = {}): Uint8Array {
  const { desc } = message(name).shape;
  return toBinary(desc, fromJson(desc as DescMessage, json) ?? create(desc));
}
