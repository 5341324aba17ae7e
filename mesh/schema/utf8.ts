// UTF-8, checked and measured in place.

/** UTF-16 units of the text in these bytes; −1 where they are not valid UTF-8. */
export function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  let i = from;
  while (i < to) {
    const lead = bytes[i++]!;
    units++;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return -1;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (i + more > to) return -1;
    const second = bytes[i]!;
    if ((second & 0xc0) !== 0x80) return -1;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF all show in the second byte.
    if (lead === 0xe0 && second < 0xa0) return -1;
    if (lead === 0xed && second > 0x9f) return -1;
    if (lead === 0xf0 && second < 0x90) return -1;
    if (lead === 0xf4 && second > 0x8f) return -1;
    for (let k = 1; k < more; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return -1;
    if (more === 3) units++;
    i += more;
  }
  return units;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to here a loop is faster than the decoder. */
const shortLength = 24;

/** The text of these bytes; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > shortLength) return decoder.decode(bytes.subarray(from, to));
  let text = '';
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}
