// What the mesh does with a message of one type, made from its shape when first asked for.

import { create, createRegistry, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { coerce } from '../errors/coerce.ts';
import { refuse } from '../errors/refuse.ts';
import type { MessageSchema } from './api.ts';
import { readField } from './read-field.ts';
import type { MessageShape } from './shape.ts';
import { compileValidator, type Validator } from './validate/validator.ts';

export function messageSchema(shape: MessageShape): MessageSchema {
  const registry = createRegistry();
  let validator: Validator | undefined;
  return {
    name: shape.name,
    shape,
    validate(bytes) {
      validator ??= compileValidator(shape);
      return validator(bytes);
    },
    encodeJson(value) {
      try {
        return toBinary(shape.desc, fromJson(shape.desc, (value ?? create(shape.desc)) as JsonValue, { registry }));
      } catch (error) {
        throw refuse('INVALID_REQUEST', {
          violations: [{ field: '', description: coerce(error).message }],
          cause: error,
        });
      }
    },
    decodeJson: (bytes) =>
      JSON.stringify(toJson(shape.desc, fromBinary(shape.desc, bytes), { registry, useProtoFieldName: true })),
    readField: (bytes, field) => readField(shape, bytes, field),
  };
}
