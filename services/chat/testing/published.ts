// What the published documents, OpenAPI and AsyncAPI, say against what apps are really sent.

import Ajv from 'ajv/dist/2020.js';
import type { Api, HttpBinding } from '../../../mesh/schema/api.ts';
import { asyncApi } from '../../../mesh/schema/documents/asyncapi.ts';
import { openApi } from '../../../mesh/schema/documents/openapi.ts';
import type { Received } from './device.ts';

/** Each gives what is wrong, as a validator of JSON Schema tells it; nothing where the document is kept. */
export type Published = {
  /** A body that is taken; undefined: none was sent. */
  request(binding: HttpBinding, json: unknown): readonly unknown[];
  answer(binding: HttpBinding, json: unknown): readonly unknown[];
  event(received: Received): readonly unknown[];
};

export function published(api: Api): Published {
  const options = { title: 'Circuit Mesh', version: '1' };
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  ajv.addSchema(openApi(api, options), 'openapi');
  ajv.addSchema(asyncApi(api, options), 'asyncapi');
  const objections = ($ref: string, value: unknown): readonly unknown[] => {
    const validate = ajv.getSchema($ref);
    if (validate === undefined) throw new Error(`The documents have no ${$ref}.`);
    validate(value);
    return validate.errors ?? [];
  };
  const at = ({ verb, path }: HttpBinding): string =>
    `openapi#/paths/${encodeURI(path.replaceAll('/', '~1'))}/${verb.toLowerCase()}`;
  return {
    request(binding, json) {
      if (json !== undefined) return objections(`${at(binding)}/requestBody/content/application~1json/schema`, json);
      const operation = ajv.getSchema(at(binding))?.schema as { requestBody?: { required: boolean } } | undefined;
      return operation?.requestBody?.required === true ? ['a body is required'] : [];
    },
    answer(binding, json) {
      return objections(`${at(binding)}/responses/200/content/application~1json/schema`, json);
    },
    event({ event, topic, seq, data }) {
      const frame = { event, topic, ...(seq > 0 && { seq }), data };
      return objections(`asyncapi#/components/messages/${event.replaceAll('.', '_')}_event/payload`, frame);
    },
  };
}
