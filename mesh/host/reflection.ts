// Server reflection, so that `grpcurl` and the like need no proto files. The only module that knows proto-loader.

import { readFile } from 'node:fs/promises';
import type { Server } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** Serves these descriptors (an encoded FileDescriptorSet); `services` are the full names that it lists. */
export function addReflection(server: Server, descriptors: Uint8Array, services: readonly string[]): void {
  const definition = loadFileDescriptorSetFromBuffer(Buffer.from(descriptors));
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}

/** The descriptor set that the build makes of `proto/`; the same path from sources and from `dist/`. */
export async function readDescriptors(): Promise<Uint8Array> {
  for (const path of ['../../gen/descriptors.binpb', '../../../gen/descriptors.binpb']) {
    try {
      return await readFile(new URL(path, import.meta.url));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('gen/descriptors.binpb is missing: run `npm run build`.');
}
