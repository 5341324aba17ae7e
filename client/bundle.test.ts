import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('the SDK for browsers', () => {
  it('stays under 30 KB, minified and gzipped, and brings no package along', async () => {
    const built = await build({
      entryPoints: ['client/connect.ts'],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      platform: 'browser',
      metafile: true,
      write: false,
    });
    expect(gzipSync(built.outputFiles[0]?.contents ?? '').byteLength).toBeLessThan(30 * 1024);
    expect(Object.keys(built.metafile.inputs).filter((path) => !path.startsWith('client/'))).toEqual([]);
  });
});
