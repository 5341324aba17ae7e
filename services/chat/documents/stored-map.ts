// Protobuf maps come in any order, and some senders change it with each encoding: stored by key, a repeat is the same.

/** The entries of a map, rising by key. */
export function storedMap(map: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
