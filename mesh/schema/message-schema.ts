// What the mesh does with messages of one type: each part compiled from the shape when it is first asked for.

import type { MessageSchema } from './api.ts';
import { compileDecoder } from './json/decoder.ts';
import { compileEncoder } from './json/encoder.ts';
import { JsonWriter } from './json/json-writer.ts';
import { readField } from './read-field.ts';
import type { MessageShape } from './shape.ts';
import { compileValidator, type Validator } from './validate/validator.ts';

export function messageSchema(shape: MessageShape): MessageSchema {
  let validator: Validator | undefined;
  let encoder: ((value: unknown) => Uint8Array) | undefined;
  let decoder: ((bytes: Uint8Array, out: JsonWriter) => void) | undefined;
  const writeJson = (bytes: Uint8Array, out: JsonWriter): void => {
    decoder ??= compileDecoder(shape);
    decoder(bytes, out);
  };
  return {
    name: shape.name,
    shape,
    validate(bytes) {
      validator ??= compileValidator(shape);
      return validator(bytes);
    },
    encodeJson(value) {
      encoder ??= compileEncoder(shape);
      return encoder(value);
    },
    writeJson,
    decodeJson(bytes) {
      texts.reset();
      writeJson(bytes, texts);
      return texts.toString();
    },
    readField: (bytes, field) => readField(shape, bytes, field),
  };
}

/** One for all, as one text is written before the next. */
const texts = new JsonWriter();
