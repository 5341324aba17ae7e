// The update mask of a request that names none: every key that its JSON has, also those that are null.

import type { FieldShape, MessageShape } from '../shape.ts';
import { writeMask } from './encode-special.ts';
import { closeLength, ensure, type Output, openLength, writeVarint32 } from './output.ts';

/** Writes the mask field of `shape`'s request, from its JSON, an object. */
export type MaskWriter = (out: Output, request: Record<string, unknown>) => void;

/** Undefined where the message is no request with an `update_mask`. */
export function maskWriter(shape: MessageShape): MaskWriter | undefined {
  const { update } = shape;
  const mask = shape.byName.get('update_mask');
  if (!update || !mask) return undefined;
  const resource = update.resource === '' ? undefined : shape.byName.get(update.resource);
  return (out, request) => {
    if (request[mask.name] !== undefined && request[mask.name] !== null) return;
    const paths = resource?.message
      ? pathsOf(resource.message, request[resource.name], '', new Set())
      : pathsOf(shape, request, '', update.outside);
    ensure(out, 10);
    writeVarint32(out, ((mask.number << 3) | 2) >>> 0);
    const start = openLength(out);
    writeMask(out, paths);
    closeLength(out, start);
  };
}

/** Paths of what the JSON names: down to scalars, lists, maps, what is null, and objects that are empty. */
function pathsOf(shape: MessageShape, value: unknown, before: string, outside: ReadonlySet<string>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = outside.has(key) ? undefined : (shape.byName.get(key) ?? firstOf(shape, key));
    if (!field) return [];
    const path = before + field.name;
    const deeper = isPlain(field) ? pathsOf(field.message!, inner, `${path}.`, new Set()) : [];
    return deeper.length > 0 ? deeper : [path];
  });
}

function firstOf(shape: MessageShape, key: string): FieldShape | undefined {
  return shape.fields.find((field) => field.rule.jsonFirst === key);
}

function isPlain({ list, map, message }: FieldShape): boolean {
  return !list && map === undefined && message?.special === 'none' && !message.tuple;
}
