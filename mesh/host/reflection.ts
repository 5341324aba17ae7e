// Server reflection, so that `grpcurl` and the like need no proto files. The only module that knows proto-loader.

import type { Server } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** Serves these descriptors (an encoded FileDescriptorSet); `services` are the full names that it lists. */
export function addReflection(server: Server, descriptors: Uint8Array, services: readonly string[]): void {
  const definition = loadFileDescriptorSetFromBuffer(Buffer.from(descriptors));
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}
