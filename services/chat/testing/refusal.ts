import { expect } from 'vitest';
import type { Reason } from '../../../mesh/errors/reasons.ts';

/** What a refused call rejects with: `await expect(call).rejects.toEqual(refusal('NOT_A_MEMBER'))`. */
export function refusal(reason: Reason): unknown {
  return expect.objectContaining({ reason });
}
