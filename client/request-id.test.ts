import { describe, expect, it } from 'vitest';
import { requestId } from './request-id.ts';

describe('a request id', () => {
  it('is a UUID of version 7, and never the same', () => {
    const ids = Array.from({ length: 1_000 }, requestId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('begins with the time at which it was made', () => {
    const before = Date.now();
    const time = Number.parseInt(requestId().replaceAll('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });
});
