// The OpenAPI 3.1 document of the API's REST side, made from the descriptors: what the edge serves at /docs.

import type { Api, HttpBinding, MethodSchema } from '../api.ts';
import type { FieldShape, MessageShape } from '../shape.ts';
import { collectSchemas, errorSchema, objectSchema, type Schema, type Schemas } from './json-schema.ts';

export type DocumentOptions = {
  readonly title: string;
  readonly version: string;
  /** Where the API is, such as `https://chat.example.org`; empty: where the document is. */
  readonly server?: string;
  /** What is served beside the API's calls: operations by path and verb, such as the edge's own. */
  readonly paths?: Schema;
};

/** The document as JSON. */
export function openApi(api: Api, { title, version, server, paths: own }: DocumentOptions): Schema {
  const schemas = collectSchemas(api, '#/components/schemas/');
  const paths: { [path: string]: { [verb: string]: Schema } } = {};
  for (const method of api.methods.values()) {
    for (const [i, binding] of method.http.entries()) {
      paths[binding.path] ??= {};
      paths[binding.path]![binding.verb.toLowerCase()] = operation(method, binding, i, schemas);
    }
  }
  const tags = [...api.services.values()].filter((service) => service.service !== '');
  return {
    openapi: '3.1.0',
    info: { title, version },
    ...(server && { servers: [{ url: server }] }),
    tags: tags.map(({ service, comment }) => ({ name: service, description: comment })),
    paths: { ...own, ...paths },
    components: {
      schemas: { ...schemas.collected, Problem: problemSchema },
      responses: {
        Problem: {
          description: 'Why it failed.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(method: MethodSchema, binding: HttpBinding, position: number, schemas: Schemas): Schema {
  const { request, response } = method;
  const inPath = [...binding.path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => request.shape.byName.get(name!)!);
  const free = request.shape.fields.filter((field) => !inPath.includes(field) && field.name !== binding.body);
  // REST makes a request id where the call brings none, and its header is the better place for it.
  const rest = free.filter((field) => field.name !== method.requestId);
  const inQuery = binding.body === '*' ? [] : rest.flatMap((field) => queryFields(field, '', []));
  const keyHeader = method.requestId !== '' && binding.verb !== 'GET' ? [idempotencyKey] : [];
  const name = method.name.slice(method.name.lastIndexOf('/') + 1);
  return {
    operationId: position === 0 ? name : `${name}${position + 1}`,
    ...(method.service !== '' && { tags: [method.service] }),
    description: [method.comment, callersText(method)].filter((text) => text !== '').join('\n\n'),
    parameters: [
      ...inPath.map((field) => parameter(field.name, 'path', field, schemas)),
      ...inQuery.map(({ name: path, field }) => parameter(path, 'query', field, schemas)),
      ...keyHeader,
    ],
    ...requestBody(binding, request.shape, rest, schemas),
    responses: {
      200: { description: 'The answer.', content: { 'application/json': { schema: schemas.refer(response.shape) } } },
      default: { $ref: '#/components/responses/Problem' },
    },
    ...(!method.callers.includes('anyone') && { security: [{ bearer: [] }] }),
    ...(method.event !== '' && { 'x-circuit-event': method.event }),
  };
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Makes a repeat of this call the same call: it has the same answer, and is done once.',
  schema: { type: 'string' },
};

function callersText({ callers, roles }: MethodSchema): string {
  const names = callers.map((caller) => caller.replaceAll('_', ' ')).join(', ');
  return `For: ${names}${roles.length > 0 ? ` with one of the roles ${roles.join(', ')}` : ''}.`;
}

function parameter(name: string, place: 'path' | 'query', field: FieldShape, schemas: Schemas): Schema {
  const { description, ...schema } = schemas.field(field);
  const required = place === 'path' || field.rule.required;
  return { name, in: place, ...(description !== undefined && { description }), ...(required && { required }), schema };
}

type QueryField = { readonly name: string; readonly field: FieldShape };

/** What a query can name: scalars, lists of them, and the same within messages, as `near.name`. */
function queryFields(field: FieldShape, before: string, within: readonly MessageShape[]): QueryField[] {
  const name = before + field.name;
  if (field.map) return [];
  if (!field.message) return [{ name, field }];
  if (field.message.special !== 'none') return /struct|value|list/.test(field.message.special) ? [] : [{ name, field }];
  // A message within itself would have parameters without end.
  if (field.list || field.message.tuple || within.includes(field.message)) return [];
  const deeper = [...within, field.message];
  return field.message.fields.flatMap((inner) => queryFields(inner, `${name}.`, deeper));
}

function requestBody(binding: HttpBinding, shape: MessageShape, rest: readonly FieldShape[], schemas: Schemas): Schema {
  if (binding.body === '') return {};
  const field = shape.byName.get(binding.body);
  if (field?.type === 'bytes') return { requestBody: { content: { 'application/octet-stream': { schema: {} } } } };
  const schema = field === undefined ? objectSchema(rest, false, schemas.field) : schemas.field(field);
  const required = (field === undefined ? rest : [field]).some(({ rule }) => rule.required);
  return { requestBody: { required, content: { 'application/json': { schema } } } };
}

const problemSchema: Schema = {
  description: 'An error (RFC 9457).',
  ...errorSchema,
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    ...(errorSchema.properties as object),
  },
};
