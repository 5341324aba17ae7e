// Our options and Google's HTTP rule of a descriptor, read from the bytes that the compiler left there.

import type { DescEnumValue, DescField, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { FieldRule, JsonRule, MethodRule, PushRule, ServiceRule } from '../../gen/circuit/options/v1/options.ts';
import { HttpRule } from '../../gen/google/api/http.ts';

const ours = 51000;
const ourJson = 51001;
const googleHttp = 72295728;

type Decoder<T> = { decode(bytes: Uint8Array): T };
type Described = DescEnumValue | DescField | DescMessage | DescMethod | DescService;

export const serviceRule = (service: DescService): ServiceRule | undefined => optionOf(service, ours, ServiceRule);
export const methodRule = (method: DescMethod): MethodRule | undefined => optionOf(method, ours, MethodRule);
export const httpRule = (method: DescMethod): HttpRule | undefined => optionOf(method, googleHttp, HttpRule);
export const pushRule = (message: DescMessage): PushRule | undefined => optionOf(message, ours, PushRule);
export const jsonRule = (message: DescMessage): JsonRule | undefined => optionOf(message, ourJson, JsonRule);
export const fieldRule = (field: DescField): FieldRule => optionOf(field, ours, FieldRule) ?? noFieldRule;

/** The rule of a field that has none: defaults hold. */
export const noFieldRule: FieldRule = FieldRule.decode(new Uint8Array());

/** An option may be spread over several records of the same number; one after the other they are the whole message. */
function optionOf<T>(described: Described, number: number, decoder: Decoder<T>): T | undefined {
  const records = described.proto.options?.$unknown?.filter((record) => record.no === number) ?? [];
  if (records.length === 0) return undefined;
  const whole = new BinaryWriter();
  for (const record of records) whole.raw(new BinaryReader(record.data).bytes());
  return decoder.decode(whole.finish());
}
