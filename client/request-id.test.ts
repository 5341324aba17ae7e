import { describe, expect, it } from 'vitest';
import { requestId } from './request-id.ts';

describe('a request id', () => {
  it('is a random UUID, and never the same', () => {
    const ids = Array.from({ length: 1_000 }, requestId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
