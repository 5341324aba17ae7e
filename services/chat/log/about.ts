// What a request asks for, as a short digest: tells a repeat of a request from another use of its id. Not for secrets:
// a client can only deceive itself.

/** Deeper values than a request can have are a mistake of ours. */
const depthMax = 40;

/** The digest of a value by its contents: strings, numbers, dates, bytes, lists, maps, plain objects. 11 characters. */
export function aboutOf(value: unknown): string {
  const digest = { low: 0xdeadbeef, high: 0x41c6ce57 };
  add(digest, value, 0);
  return finish(digest);
}

type Digest = { low: number; high: number };

function add(digest: Digest, value: unknown, depth: number): void {
  if (depth > depthMax) throw new Error('What a request is about is nested too deeply.');
  switch (typeof value) {
    case 'string':
      mark(digest, 1);
      addText(digest, value);
      return;
    case 'number':
    case 'bigint':
    case 'boolean':
      mark(digest, 2);
      addText(digest, String(value));
      return;
    case 'object':
      if (value !== null) addObject(digest, value, depth);
      else mark(digest, 3);
      return;
    default:
      mark(digest, 3);
  }
}

function addObject(digest: Digest, value: object, depth: number): void {
  if (value instanceof Date) {
    mark(digest, 4);
    addText(digest, String(value.getTime()));
  } else if (value instanceof Uint8Array) {
    mark(digest, 5);
    for (const byte of value) mark(digest, byte);
  } else if (Array.isArray(value)) {
    mark(digest, 6);
    for (const item of value) add(digest, item, depth + 1);
  } else {
    mark(digest, 7);
    const pairs = value instanceof Map ? [...value] : Object.entries(value);
    for (const [key, item] of pairs) {
      if (item === undefined) continue;
      addText(digest, String(key));
      add(digest, item, depth + 1);
    }
  }
  mark(digest, 8);
}

function addText(digest: Digest, text: string): void {
  let { low, high } = digest;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
  }
  digest.low = low;
  digest.high = high;
  mark(digest, text.length);
}

function mark(digest: Digest, number: number): void {
  digest.low = Math.imul(digest.low ^ number, 0x85ebca6b) ^ (digest.low >>> 15);
  digest.high = Math.imul(digest.high ^ number, 0xc2b2ae35) ^ (digest.high >>> 13);
}

function finish({ low, high }: Digest): string {
  const mixedLow = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  const mixedHigh = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  const number = 4294967296 * (mixedHigh & 0x1fffff) + (mixedLow >>> 0);
  return number.toString(36).padStart(11, '0');
}
