import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, message } from '../testdata/kinds.ts';

const kinds = message('Kinds');

/** Violations as `path: description`. */
function wrong(bytes: Uint8Array, schema = kinds): string[] {
  return schema.validate(bytes).map(({ field, description }) => `${field}: ${description}`);
}

function kindsOf(json: Parameters<typeof bytesOf>[1]): string[] {
  return wrong(bytesOf('Kinds', json));
}

/** The bytes of a message written field by field. */
function written(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

const text = (number: number) => (number << 3) | 2;
const number = (n: number) => n << 3;

describe('a message within its rules', () => {
  it('has nothing wrong with it', () => {
    expect(
      kindsOf({
        text: 'жизнь 🐟',
        i64: String(2 ** 53 - 1),
        s32: -5,
        real: -0.5,
        color: 'COLOR_RED',
        places: [{ latitude: 90 }, { name: '0123456789', within: { latitude: -90 } }],
        labels: { a: 'b' },
        at: '2026-01-02T03:04:05.678Z',
        lasting: '-1.5s',
        extra: { a: [1, 'x', null, { b: true }] },
        id: '000000000042',
        url: 'https://example.org/a?b=c',
        slug: 'É',
        positive: '7',
        must: { text: 'x', place: {}, list: ['a'], color: 'COLOR_DEEP_BLUE', given: '0' },
      }),
    ).toEqual([]);
  });
  it('may leave everything out that is not required', () => {
    expect(kindsOf({})).toEqual([]);
    expect(wrong(written((writer) => writer.uint32(number(73)).int64(0)))).toEqual([]);
  });
  it('may have fields of a newer client', () => {
    expect(wrong(written((writer) => writer.uint32(text(900)).string('new').uint32(number(901)).int32(5)))).toEqual([]);
  });
});

describe('what is wrong is told with its path', () => {
  it('required fields', () => {
    expect(kindsOf({ must: {} })).toEqual([
      'must.text: is required',
      'must.place: is required',
      'must.list: is required',
      'must.color: is required',
      'must.given: is required',
    ]);
  });
  it('texts too long, too short, of another form', () => {
    expect(kindsOf({ text: 'x'.repeat(1001) })).toEqual(['text: is longer than 1000 characters']);
    expect(kindsOf({ text: '🐟'.repeat(500) })).toEqual([]);
    expect(kindsOf({ text: `${'🐟'.repeat(500)}x` })).toEqual(['text: is longer than 1000 characters']);
    expect(kindsOf({ slug: 'ab1' })).toEqual(['slug: does not match [a-z]+|\\p{Lu}']);
    expect(kindsOf({ slug: 'abcdef' })).toEqual(['slug: is longer than 5 characters']);
    for (const id of ['42', '00000000004x', '0000000000042'])
      expect(kindsOf({ id })).toEqual(['id: is not an id of 12 digits']);
    for (const url of ['ftp://a', 'javascript:alert(1)', 'http://', 'https://a b', '//a']) {
      expect(kindsOf({ url }), url).toEqual(['url: is not an http or https URL']);
    }
  });
  it('numbers out of range', () => {
    expect(kindsOf({ positive: '4' })).toEqual(['positive: is less than 5']);
    expect(kindsOf({ positive: '10' })).toEqual(['positive: is greater than 9']);
    expect(kindsOf({ i64: String(2n ** 53n) })).toEqual(['i64: is out of range']);
    expect(kindsOf({ i64: String(-(2n ** 53n)) })).toEqual(['i64: is out of range']);
    expect(kindsOf({ u64: String(2n ** 64n - 1n) })).toEqual(['u64: is out of range']);
    expect(kindsOf({ real: 'NaN', smallReal: 'Infinity' })).toEqual([
      'real: is out of range',
      'small_real: is out of range',
    ]);
    expect(wrong(written((writer) => writer.uint32(number(6)).int64(2 ** 40)))).toEqual(['i32: is out of range']);
    expect(wrong(written((writer) => writer.uint32(number(3)).int32(2)))).toEqual(['flag: is neither true nor false']);
    expect(wrong(written((writer) => writer.uint32(number(16)).int32(9)))).toEqual(['color: has no value of number 9']);
  });
  it('items of lists, entries of maps, members of messages', () => {
    expect(kindsOf({ places: [{ latitude: 1 }, { within: { latitude: 91 } }] })).toEqual([
      'places[1].within.latitude: is greater than 90',
    ]);
    expect(kindsOf({ places: [{}] })).toEqual(['places: has fewer than 2 items']);
    expect(kindsOf({ texts: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toEqual(['texts: has more than 5 items']);
    expect(kindsOf({ numbers: Array(101).fill(1) })).toEqual(['numbers: has more than 100 items']);
    expect(kindsOf({ labels: { key: 'x'.repeat(21) } })).toEqual(['labels.key: is longer than 20 characters']);
    expect(kindsOf({ placesByName: { pond: { latitude: -91 } } })).toEqual([
      'places_by_name.pond.latitude: is less than -90',
    ]);
    expect(kindsOf({ placesByName: { a: {}, b: {}, c: {}, d: {} } })).toEqual([
      'places_by_name: has more than 3 items',
    ]);
    expect(kindsOf({ extra: { a: [1, { b: 'x'.repeat(1001) }] } })).toEqual([
      'extra.a[1].b: is longer than 1000 characters',
    ]);
  });
  it('keys that are traps', () => {
    const labels = JSON.parse('{"__proto__":"x"}');
    const entry = written((writer) => writer.uint32(text(1)).string('__proto__').uint32(text(2)).string('x'));
    expect(labels).toBeDefined();
    expect(wrong(written((writer) => writer.uint32(text(40)).bytes(entry)))).toEqual(['labels: has the key __proto__']);
  });
  it('times out of range', () => {
    const time = (seconds: number, nanos: number) =>
      written((writer) => writer.uint32(number(1)).int64(seconds).uint32(number(2)).int32(nanos));
    const at = (bytes: Uint8Array) => wrong(written((writer) => writer.uint32(text(50)).bytes(bytes)));
    const lasting = (bytes: Uint8Array) => wrong(written((writer) => writer.uint32(text(51)).bytes(bytes)));
    expect(at(time(253_402_300_799, 999_999_999))).toEqual([]);
    expect(at(time(253_402_300_800, 0))).toEqual(['at: is not a time of the years 1 to 9999']);
    expect(at(time(0, -1))).toEqual(['at: is not a time of the years 1 to 9999']);
    expect(lasting(time(1, -1))).toEqual(['lasting: is not a duration below 10 000 years']);
  });
  it('at most 20 of them', () => {
    expect(kindsOf({ places: Array(50).fill({ latitude: 91 }) })).toHaveLength(20);
  });
});

describe('bytes that decoders might read differently', () => {
  it('a field given twice, two members of a oneof', () => {
    expect(wrong(written((writer) => writer.uint32(text(1)).string('a').uint32(text(1)).string('b')))).toEqual([
      'text: is given twice',
    ]);
    expect(wrong(written((writer) => writer.uint32(text(60)).string('a').uint32(number(61)).int32(1)))).toEqual([
      'choice: has more than one of chosen_text, chosen_number, chosen_place',
    ]);
  });
  it('wrong wire types', () => {
    expect(wrong(written((writer) => writer.uint32(number(1)).int32(5)))).toEqual(['text: has the wrong type']);
  });
  it('invalid UTF-8 of every kind', () => {
    const bad = ['ff', 'c080', 'e08080', 'eda080', 'f0808080', 'f4908080', 'c3', 'e282', 'f09f90', '80', 'f8888080'];
    for (const hex of bad) {
      const bytes = written((writer) => writer.uint32(text(1)).bytes(Buffer.from(hex, 'hex')));
      expect(wrong(bytes), hex).toEqual(['text: is not valid UTF-8']);
    }
  });
  it('agrees with the decoder on what is UTF-8, and how long it is', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const parts = fc.constantFrom(
      ...['41', 'c3a9', 'e282ac', 'f09f909f', 'ed9fbf', 'efbfbf', 'eda080', 'c1', 'e0a0', 'f48fbfbf', 'f490', '80'],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (hex) => {
        const raw = Buffer.from(hex.join(''), 'hex');
        let expected: string[] = [];
        try {
          decoder.decode(raw);
        } catch {
          expected = ['text: is not valid UTF-8'];
        }
        expect(wrong(written((writer) => writer.uint32(text(1)).bytes(raw)))).toEqual(expected);
      }),
    );
  });
  it('cut off anywhere, groups, tags of no field', () => {
    const whole = bytesOf('Kinds', {
      places: [{ name: 'a' }, { name: 'b' }],
      labels: { a: 'b' },
      at: '2026-01-02T03:04:05Z',
      numbers: [1, 300],
    });
    for (const hex of ['0b', '0c', '00', '07', 'ffffffffff01', '08', '0a05', '808080808080808080800108']) {
      expect(wrong(Buffer.from(hex, 'hex')).length, hex).toBe(1);
    }
    const cuts = Array.from({ length: whole.length }, (_, i) => wrong(whole.subarray(0, i)));
    expect(
      cuts.filter((violations) => violations.some((told) => told.endsWith(': is not valid protobuf'))).length,
    ).toBeGreaterThan(10);
  });
  it('nesting without end', () => {
    const nest = (depth: number): Uint8Array =>
      depth === 0 ? new Uint8Array() : written((w) => w.uint32(text(3)).bytes(nest(depth - 1)));
    expect(wrong(nest(32), message('Place'))).toEqual([]);
    expect(wrong(nest(33), message('Place'))[0]).toMatch(/^within.within.*: is nested deeper than 32$/);
    expect(wrong(nest(3000), message('Place'))).toHaveLength(1);
  });
  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(kinds.validate(bytes).length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 2000 },
    );
  });
});
