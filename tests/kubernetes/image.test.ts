// The Dockerfile, read: what it copies is there, and the addons fit the Node that it runs on.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
}).split('\0');

/** What the image's own Node is called by addons (process.versions.modules), by its major version. */
const moduleVersions: Readonly<Record<string, number>> = { 20: 115, 22: 127, 24: 137 };

/** Sources of `COPY` lines; of an earlier stage by their path in it. */
const copied = [...dockerfile.matchAll(/^COPY (--from=\S+ )?(.+) \S+$/gm)].map(([, stage, sources = '']) => ({
  isBuilt: stage !== undefined,
  sources: sources.split(' '),
}));

describe('the image', () => {
  it('copies only what is in the repository, or made from it by the build', () => {
    expect(copied.length).toBeGreaterThan(4);
    for (const { isBuilt, sources } of copied) {
      for (const source of sources.filter((each) => each !== '.')) {
        const path = source.replace(/^\/app\//, '');
        expect(existsSync(path), `${source} is there`).toBe(true);
        if (isBuilt) continue;
        expect(tracked, `${source} is tracked`).toContain(path);
        expect(ignored, `${source} is sent to the builder`).not.toContain(path);
      }
    }
  });

  it('has what processes read at run time', () => {
    const built = copied.filter(({ isBuilt }) => isBuilt).flatMap(({ sources }) => sources);
    for (const path of ['package.json', 'node_modules', 'gen/descriptors.binpb', 'dist']) {
      expect(built).toContain(`/app/${path}`);
    }
    const [, entry = ''] = /^ENTRYPOINT \[.*"(dist\/[^"]+)"\]$/m.exec(dockerfile) ?? [];
    expect(existsSync(entry)).toBe(true);
    expect(existsSync('dist/web/index.html')).toBe(true);
  });

  it('leaves nothing out that the build reads', () => {
    const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { include: string[] };
    const made = new Set(['gen']);
    const left = include.filter((path) => !made.has(path) && ignored.includes(path.split('/')[0] as string));
    expect(left).toEqual([]);
    for (const needed of ['proto', 'scripts', 'web']) expect(ignored).not.toContain(needed);
  });

  it('runs on a Node for which the addon of the edge is built, on both kinds of processors', () => {
    const [, major = ''] = /^ARG NODE_IMAGE=node:(\d+)-/m.exec(dockerfile) ?? [];
    const addons = readdirSync('node_modules/uWebSockets.js').filter((name) => name.endsWith('.node'));
    for (const processor of ['x64', 'arm64']) {
      expect(addons).toContain(`uws_linux_${processor}_${moduleVersions[major]}.node`);
    }
  });
});
