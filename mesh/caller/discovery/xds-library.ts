// gRPC's xDS library, which is there only where somebody installed it: it is 22 MB, and few need it.

import { createRequire } from 'node:module';

const library = '@grpc/grpc-js-xds';

export function hasXdsLibrary(): boolean {
  try {
    createRequire(import.meta.url).resolve(library);
    return true;
  } catch {
    return false;
  }
}

/** Makes the scheme `xds` known to gRPC's resolvers; again does nothing. */
export async function registerXds(): Promise<void> {
  const { register } = (await import(library)) as { register(): void };
  register();
}
