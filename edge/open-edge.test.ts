import { expect, it } from 'vitest';
import { openTestMesh } from './testing/mesh.ts';

it('an edge has its port for itself: a second one is refused, and not given half of the sockets', async () => {
  const mesh = await openTestMesh();
  try {
    const second = openTestMesh({ port: mesh.edge.port });
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${mesh.edge.port}`);
  } finally {
    await mesh.close();
  }
});
