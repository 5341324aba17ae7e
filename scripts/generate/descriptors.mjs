// The descriptor set as the generators read it. Plain Node, before anything is compiled.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, getOption, hasOption } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { root } from '../set-up.mjs';

/** The registry of every descriptor in gen/descriptors.binpb. */
export function readRegistry(path = join(root, 'gen/descriptors.binpb')) {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
}

/** Reads one of our options (`method`, `push`, ...) of a descriptor; undefined where it is not set. */
export function optionOf(registry, descriptor, name) {
  const extension = registry.getExtension(`circuit.options.v1.${name}`);
  return extension && hasOption(descriptor, extension) ? getOption(descriptor, extension) : undefined;
}
