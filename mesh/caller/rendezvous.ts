// Which process owns a key: highest random weight. Every process that knows the same addresses names the same owner,
// and a process that comes or goes moves only its own share of the keys.

/** FNV-1a over the UTF-16 units: quick, and spread by `weight` afterwards. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** What weight a process (the hash of its address) has for a key (its hash): the finalizer of MurmurHash3. */
export function weightOf(key: number, process: number): number {
  let mixed = key ^ Math.imul(process, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The address with the greatest weight for `key`; of equal ones the first in the alphabet. Undefined: there is none.
 */
export function ownerOf(key: string, addresses: Iterable<string>): string | undefined {
  const hash = hashOf(key);
  let owner: string | undefined;
  let greatest = -1;
  for (const address of addresses) {
    const weight = weightOf(hash, hashOf(address));
    if (weight < greatest || (weight === greatest && owner !== undefined && owner < address)) continue;
    greatest = weight;
    owner = address;
  }
  return owner;
}
