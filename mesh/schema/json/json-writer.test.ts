import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonWriter } from './json-writer.ts';

const out = new JsonWriter();

function written(write: () => void): string {
  out.reset();
  write();
  return out.toString();
}

const quoted = (bytes: Buffer) => written(() => out.quoted(bytes, 0, bytes.length));

describe('a JSON writer', () => {
  it('quotes texts as JSON.stringify does, whatever stands where', () => {
    const same = (text: string) => quoted(Buffer.from(text)) === JSON.stringify(text);
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), same));
    const texts = Array.from({ length: 0x100 * 10 }, (_, n) => {
      return `${'x'.repeat(n % 10)}${String.fromCharCode(Math.floor(n / 10))}${'~ '.repeat(20)}`;
    });
    expect(texts.filter((text) => !same(text))).toEqual([]);
  });
  it('makes U+FFFD of what is not UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
        const bytes = Buffer.from(array);
        expect(JSON.parse(quoted(bytes))).toBe(bytes.toString());
      }),
    );
  });
  it('writes numbers as JSON.stringify does, and zero with its sign', () => {
    for (const number of [0, 9, 10, 99, 100, 2 ** 32 - 1, 2 ** 32, -1, 0.1, 1e21, 2 ** 53 - 1]) {
      expect(written(() => out.number(number))).toBe(JSON.stringify(number));
    }
    fc.assert(fc.property(fc.nat(), (number) => written(() => out.number(number)) === `${number}`));
    expect(written(() => out.number(-0))).toBe('-0');
  });
  it('grows, takes back, and repeats', () => {
    const long = `"é${'x'.repeat(200_000)}"`;
    out.reset();
    out.text('[');
    const from = out.length;
    out.text(long);
    const to = out.length;
    out.byte(','.charCodeAt(0));
    out.repeat(from, to);
    out.text(',1');
    out.cut(out.length - 2);
    out.text(']');
    expect(out.view().toString()).toBe(`[${long},${long}]`);
    out.reset();
    expect(out.length).toBe(0);
  });
});
