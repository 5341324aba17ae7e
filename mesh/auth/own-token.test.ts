import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openIssuer } from './issuer.ts';
import { openOwnToken, ownTtlSeconds, rereadMs } from './own-token.ts';
import { secretKey } from './token-key.ts';
import { openVerifier } from './verifier.ts';

describe("a process's own token", () => {
  it('is signed anew long before it ends', async () => {
    let now = Date.now();
    const options = {
      key: secretKey('a secret of at least thirty-two bytes'),
      issuer: 'circuit',
      audience: 'circuit',
      clock: () => now,
    };
    const token = openOwnToken({ issuer: openIssuer(options), as: { kind: 'edge', key: 'edge' }, clock: () => now });
    const first = await token();
    expect(await token()).toBe(first);
    now += ownTtlSeconds * 600;
    expect(await token()).not.toBe(first);
    expect(await openVerifier(options).verify(await token())).toEqual({ kind: 'edge', key: 'edge' });
  });

  it('follows its file, and outlives a moment without it', async () => {
    let now = 0;
    const file = join(mkdtempSync(join(tmpdir(), 'circuit-token-')), 'token');
    await expect(openOwnToken({ file })()).rejects.toThrow('ENOENT');
    writeFileSync(file, 'one\n');
    const token = openOwnToken({ file, clock: () => now });
    expect(await token()).toBe('one');
    writeFileSync(file, 'two');
    expect(await token()).toBe('one');
    now += rereadMs;
    expect(await token()).toBe('two');
    rmSync(file);
    now += rereadMs;
    expect(await token()).toBe('two');
  });
});
