// Which pages may talk to this edge. Programs that are no browser send no Origin and are not concerned.

/** True for requests without an origin, from the edge's own address, and from listed origins; `*` is any. */
export function isOriginAllowed(origin: string, host: string, allowed: readonly string[]): boolean {
  if (origin === '') return true;
  if (allowed.includes('*') || allowed.includes(origin)) return true;
  try {
    return new URL(origin).host === host && host !== '';
  } catch {
    return false;
  }
}
