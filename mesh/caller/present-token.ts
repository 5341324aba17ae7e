// A process's own token on its calls to peers.

import type { Metadata } from '@grpc/grpc-js';

/** Adds the token; none where the process has no other proof than its certificate. */
export async function presentToken(metadata: Metadata, token: () => Promise<string>): Promise<void> {
  const own = await token();
  if (own !== '') metadata.set('authorization', `Bearer ${own}`);
}
