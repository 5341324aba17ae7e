import { equals, fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitError } from '../../errors/circuit-error.ts';
import { arbitraryJson, type Json, type JsonObject, mutatedBytes, mutatedJson } from '../arbitrary.ts';
import { loadApiFile } from '../load-api.ts';
import { kindsApi, message } from '../testdata/kinds.ts';
import { oracleDecode, oracleEncode } from '../testdata/oracle.ts';

const kinds = message('Kinds');
const roundTrip = (json: unknown, name = 'Kinds') =>
  JSON.parse(message(name).decodeJson(message(name).encodeJson(json)));

/** Violations of shape as `path: description`. */
function refused(json: unknown, schema = kinds): string[] {
  try {
    schema.encodeJson(json);
  } catch (error) {
    if (!(error instanceof CircuitError) || error.reason !== 'INVALID_REQUEST') throw error;
    return error.details.violations!.map(({ field, description }) => `${field}: ${description}`);
  }
  return [];
}

describe('the JSON of the edge', () => {
  it('has snake_case names, short enum values, numbers for 64 bit, pairs for ranges', () => {
    const thing = {
      text: 'DO is 2.1',
      i64: 9_007_199_254_740_991,
      color: 'deep_blue',
      pairs: [
        [0, 5],
        [10, 15],
      ],
      at: '2026-01-02T03:04:05.678Z',
      lasting: '-1.500s',
      blob: 'AAEC/w==',
      extra: { depth: 2.5, tags: ['a', null] },
      wrapped_i64: 7,
      mask: 'title,place.name',
      labels: { a: 'b' },
    };
    expect(roundTrip(thing)).toEqual(thing);
  });
  it('leaves out what is absent, zero or empty; what may be absent is told from zero', () => {
    expect(
      roundTrip({ text: '', i64: 0, flag: false, color: 'unspecified', texts: [], labels: {}, place: null }),
    ).toEqual({});
    const zeros = { maybe_text: '', maybe_i64: 0, maybe_flag: false, maybe_color: 'unspecified', place: {} };
    expect(roundTrip(zeros)).toEqual(zeros);
    expect(roundTrip(undefined)).toEqual({});
  });
  it('shows the lists and scalars of an answer even when they are empty, and required ones everywhere', () => {
    expect(roundTrip({ must: {} })).toEqual({
      must: { text: '', list: [], color: 'unspecified', flag: false, count: 0 },
    });
    expect(roundTrip({}, 'ListResponse')).toEqual({ things: [], next_page_token: '', total: 0 });
    expect(roundTrip({ total: 5, note: '' }, 'ListResponse')).toEqual({
      things: [],
      next_page_token: '',
      total: 5,
      note: '',
    });
    expect(kindsApi.messages.get('test.v1.UpdateResponse')!.decodeJson(new Uint8Array())).toBe('{}');
  });
  it('shows the first of a list under its own name, and takes one from there', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(roundTrip({ first_place: a })).toEqual({ first_place: a, places: [a] });
    expect(roundTrip({ first_place: b, places: [a, b] })).toEqual({ first_place: a, places: [a, b] });
  });
  it('escapes what JSON must', () => {
    const text = '"\\/\u0000\u001f\u007f\n\u2028\u2029é🐟';
    expect(roundTrip({ text, texts: [text.repeat(20)], labels: { [text]: text } })).toEqual({
      text,
      texts: [text.repeat(20)],
      labels: { [text]: text },
    });
  });
  it('prints 64 bit numbers beyond 2^53 with all their digits', () => {
    const bytes = new BinaryWriter()
      .uint32(11 << 3)
      .int64('-9223372036854775808')
      .uint32(12 << 3)
      .uint64('18446744073709551615')
      .uint32(13 << 3)
      .sint64('-9223372036854775807')
      .finish();
    expect(kinds.decodeJson(bytes)).toBe(
      '{"i64":-9223372036854775808,"u64":18446744073709551615,"s64":-9223372036854775807}',
    );
  });
});

describe('times before 1970', () => {
  it('are shown right, also as ts-proto writes them', () => {
    const time = new BinaryWriter().uint32(8).int64(-1).uint32(16).int32(-500_000_000).finish();
    const bytes = new BinaryWriter()
      .uint32((50 << 3) | 2)
      .bytes(time)
      .finish();
    expect(kinds.decodeJson(bytes)).toBe('{"at":"1969-12-31T23:59:58.500Z"}');
    expect(roundTrip({ at: '1969-12-31T23:59:58.500Z' })).toEqual({ at: '1969-12-31T23:59:58.500Z' });
  });
});

describe('an update without a mask', () => {
  const mask = (name: string, json: unknown) =>
    (roundTrip(json, name) as { update_mask?: string }).update_mask?.split(',').sort().join();
  it('says which fields its JSON has, also those that null clears', () => {
    expect(
      mask('UpdateRequest', {
        parent_id: 'p',
        thing: { text: 'x', at: null, place: { name: 'a' }, pair: [1, 2], labels: { a: 'b' } },
      }),
    ).toBe('at,labels,pair,place.name,text');
    expect(mask('UpdateRequest', { thing: { place: {}, first_place: { name: 'x' } } })).toBe('place,places');
    expect(
      mask('UpdateFlatRequest', {
        parent_id: 'p',
        request_id: 'r',
        title: null,
        place: { within: { name: 'a' } },
        tags: [],
      }),
    ).toBe('place.within.name,tags,title');
    expect(mask('UpdateFlatRequest', { parent_id: 'p' })).toBe('');
  });
  it('keeps a mask that is given', () => {
    expect(mask('UpdateRequest', { thing: { text: 'x', flag: true }, update_mask: 'text' })).toBe('text');
  });
});

describe('JSON that does not fit', () => {
  it('is refused with every violation and its path', () => {
    const bad = {
      text: 5,
      nothing: 1,
      place: { latitude: '1', within: [] },
      places: [{}, { name: {} }],
      labels: { a: 1 },
      flags: { x: true },
      pair: [1],
      color: 'red ',
      at: 'now',
      blob: '*',
      i64: 2 ** 53,
    };
    expect(refused(bad)).toEqual([
      'text: is not a string',
      'nothing: is unknown',
      'place.latitude: is not a number',
      'place.within: is not an object',
      'places[1].name: is not a string',
      'labels.a: is not a string',
      'flags.x: is not a whole number',
      'pair: is not an array of 2: start, end',
      'color: is not one of red, deep_blue',
      'at: is not a time such as 2026-01-31T09:30:00Z',
      'blob: is not base64',
      'i64: is out of range',
    ]);
    expect(refused({ chosen_text: 'a', chosen_number: 1 })).toEqual([
      'chosen_number: is one too many of chosen_text, chosen_number, chosen_place',
    ]);
    for (const json of [null, [], 'x', 1, true]) expect(refused(json)).toEqual([': is not an object']);
  });
  it('may hold no traps: __proto__, half characters, nesting without end', () => {
    const parse = (text: string): unknown => JSON.parse(text);
    expect(refused(parse('{"__proto__":{"text":"x"}}'))).toEqual(['__proto__: is unknown']);
    expect(refused(parse('{"labels":{"__proto__":"x"},"extra":{"__proto__":1}}'))).toEqual([
      'labels.__proto__: is not allowed as a key',
      'extra.__proto__: is not allowed as a key',
    ]);
    expect(refused(parse('{"text":"\\ud800","texts":["a\\udc00"],"labels":{"\\ud800":"x"}}'))).toHaveLength(3);
    let place: Json = {};
    let value: Json = 1;
    for (let i = 0; i < 31; i++) [place, value] = [{ within: place }, [value]];
    expect(refused({ place, any_value: value })).toEqual([]);
    expect(refused({ place: { within: place }, any_value: [[value]] })).toHaveLength(2);
    for (let i = 0; i < 5000; i++) [place, value] = [{ within: place }, [value]];
    expect(refused({ place, any_value: value })).toHaveLength(2);
  });
  it('knows the calendar', () => {
    const times = [
      '2026-02-30T00:00:00Z',
      '2026-01-02',
      '2026-01-02T24:00:00Z',
      '2026-01-02T03:04:05',
      '2026-01-02 03:04:05Z',
      '0000-01-01T00:00:00Z',
      '2026-13-01T00:00:00Z',
    ];
    for (const at of times) expect(refused({ at }), at).toHaveLength(1);
    expect(roundTrip({ at: '2024-02-29T23:59:59.123456789+05:30' })).toEqual({ at: '2024-02-29T18:29:59.123456789Z' });
  });
});

describe('against protobuf itself', { timeout: 60_000 }, () => {
  const same = (schema: typeof kinds, numRuns: number) => {
    fc.assert(
      fc.property(arbitraryJson(schema.shape), (json) => {
        const ours = schema.encodeJson(json);
        const theirs = oracleEncode(schema.shape, json);
        const { desc } = schema.shape;
        expect(equals(desc, fromBinary(desc, ours), fromBinary(desc, theirs))).toBe(true);
        for (const bytes of [ours, theirs]) {
          expect(JSON.parse(schema.decodeJson(bytes))).toEqual(oracleDecode(schema.shape, bytes));
          expect(schema.validate(bytes)).toEqual([]);
        }
      }),
      { numRuns },
    );
  };
  it('every kind of field is encoded and decoded alike', () => {
    same(kinds, 200);
  });
  it('every message of the API is, too', () => {
    for (const [name, schema] of loadApiFile().messages) {
      if (name.startsWith('circuit.') && !schema.shape.update) same(schema, 10);
    }
  });
  it('bytes in any order mean the same', () => {
    fc.assert(
      fc.property(arbitraryJson(kinds.shape), arbitraryJson(kinds.shape), (a, b) => {
        // Two halves of a Duration may differ in sign, which protobuf's JSON refuses and ours shows as null;
        // of two halves of a Value ours shows the later one.
        for (const json of [a, b] as JsonObject[]) for (const name of ['lasting', 'any_value']) delete json[name];
        const bytes = Buffer.concat([kinds.encodeJson(a), kinds.encodeJson(b)]);
        expect(JSON.parse(kinds.decodeJson(bytes))).toEqual(oracleDecode(kinds.shape, bytes));
      }),
      { numRuns: 150 },
    );
  });
});

describe('messages out of order within one another', () => {
  it('are not read twice for each level', () => {
    const field = (number: number) => (number << 3) | 2;
    let place = new Uint8Array();
    for (let i = 0; i < 31; i++) {
      const names = new BinaryWriter().uint32(field(2)).string('a').uint32(field(2)).string('b').finish();
      place = new BinaryWriter().uint32(field(3)).bytes(place).raw(names).finish() as typeof place;
    }
    const started = performance.now();
    const text = message('Place').decodeJson(place);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(text.match(/"name":"b"/g)).toHaveLength(31);
  });
});

describe('hostile input', { timeout: 60_000 }, () => {
  it('JSON gets INVALID_REQUEST, or bytes that are whole', () => {
    fc.assert(
      fc.property(mutatedJson(kinds), (json) => {
        if (refused(json).length > 0) return;
        fromBinary(kinds.shape.desc, kinds.encodeJson(json));
      }),
      { numRuns: 1000 },
    );
  });
  it('bytes get MALFORMED_FRAME, or JSON that parses', () => {
    fc.assert(
      fc.property(fc.oneof(mutatedBytes(kinds), fc.uint8Array({ maxLength: 100 })), (bytes) => {
        kinds.validate(bytes);
        let text = '{}';
        try {
          text = kinds.decodeJson(bytes);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'MALFORMED_FRAME' });
        }
        expect(typeof JSON.parse(text)).toBe('object');
      }),
      { numRuns: 2000 },
    );
  });
});
