import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { closeCodes, closeReason } from './close-codes.ts';

describe('close codes', () => {
  it('each have a row in the protocol, word for word, and there is no other row', async () => {
    const protocol = await readFile('docs/protocol.md', 'utf8');
    const rows = [...protocol.matchAll(/^\| (4\d{3}) \| `([A-Z_]+)` \| (.*) \|$/gm)].map((row) =>
      row.slice(1).join(' '),
    );
    expect(rows).toEqual(Object.entries(closeCodes).map(([name, { code, meaning }]) => `${code} ${name} ${meaning}`));
  });

  it('say by their number whether to reconnect, and are each used once', () => {
    const codes = Object.values(closeCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code >= 4000 && code < 5000).toBe(true);
  });

  it('fit into a close frame with a time', () => {
    for (const name of Object.keys(closeCodes) as (keyof typeof closeCodes)[]) {
      expect(Buffer.byteLength(closeReason(name, 3_600_000))).toBeLessThanOrEqual(123);
    }
  });
});
