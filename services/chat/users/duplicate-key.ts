/** True for MongoDB's "this key is there already" (11000), the answer of a unique index. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 11000;
}
