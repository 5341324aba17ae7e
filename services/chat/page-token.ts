// Where the next page of a list begins, as a token that only fits that list. Not secret and not signed: it holds
// positions, never rights, which are checked for every page.

import { refuse } from '../../mesh/errors/refuse.ts';

/** `list` names the list and what it is of, such as `members/000000000042`; `position` is where to go on. */
export function pageToken(list: string, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...position]), 'utf8').toString('base64url');
}

/** The position that a token of this list holds; `undefined` for the first page. Throws PAGE_TOKEN_INVALID. */
export function readPageToken(list: string, token: string): readonly (string | number)[] | undefined {
  if (token === '') return undefined;
  const [name, ...position] = parts(token);
  if (name !== list) throw refuse('PAGE_TOKEN_INVALID');
  return position;
}

function parts(token: string): readonly (string | number)[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.every(isPart)) return parsed;
  } catch {
    // Not JSON: the same as any other token that is not ours.
  }
  throw refuse('PAGE_TOKEN_INVALID');
}

function isPart(value: unknown): value is string | number {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}
