// Ids that make a repeat the same request. They begin with the time, so that a database finds the newest ones side by
// side in its index: random ones cost it a page each. `crypto.randomUUID` makes none of this kind, and browsers give it
// to secure pages only; a farm's own server on the local network often is none.

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const timeBytes = 6;

/** A UUID of version 7: milliseconds since 1970, then chance (74 bits). */
export function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let at = timeBytes - 1; at >= 0; at--) {
    bytes[at] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => hex[byte]).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
