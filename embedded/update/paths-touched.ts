// Which paths an update touches: no two may be one path, nor may one lie below the other, nor may what a path leads
// through be taken for an array by one (`a.$[]`) and for a document by another (`a.0`). As in MongoDB, `$` and `$[x]`
// are names of their own until a document says what they stand for.
import { storeError } from '../errors.ts';
import { isPosition } from './branch.ts';

/** The part is `$[]` or `$[name]`: its name, perhaps empty. */
export function filterName(part: string): string | undefined {
  return part.startsWith('$[') && part.endsWith(']') ? part.slice(2, -1) : undefined;
}

/** Changes are made in this order, so that new fields stand in it: by name, positions by their number, `$` last. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  const [x, y] = [a[at] ?? '', b[at] ?? ''];
  if (x === '$' || y === '$') return x === '$' ? 1 : -1;
  if (isPosition(x) && isPosition(y)) return Number(x) - Number(y);
  return x < y ? -1 : 1;
}

export class PathsTouched {
  /** By path: what an update does there. */
  private readonly uses = new Map<string, 'changed' | 'document' | 'array'>();

  /** Throws ConflictingUpdateOperators. `given`: the path as the update names it, before any document is looked at. */
  add(parts: readonly string[], given?: string): void {
    let path = '';
    for (const [i, part] of parts.entries()) {
      path = i === 0 ? part : `${path}.${part}`;
      const next = parts[i + 1];
      const use = next === undefined ? 'changed' : filterName(next) === undefined ? 'document' : 'array';
      const before = this.uses.get(path);
      if (before !== undefined && (before !== use || use === 'changed')) {
        const what = given === undefined ? 'Update created' : `Updating the path '${given}' would create`;
        throw storeError('ConflictingUpdateOperators', `${what} a conflict at '${path}'`);
      }
      this.uses.set(path, use);
    }
  }
}
