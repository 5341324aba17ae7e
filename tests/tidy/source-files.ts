// The files that the tidy tests look at: everything that git tracks or would track.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export type SourceFile = { readonly path: string; readonly text: string; readonly lines: readonly string[] };

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  maxBuffer: 64 * 1_024 * 1_024,
})
  .toString('utf8')
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))
  .sort();

/** Paths of all files, from the root. */
export const paths: readonly string[] = listed;

const code = /\.(ts|mjs|js|css|html)$/;
/** Data that somebody else wrote, kept word for word. */
const foreign = /^embedded\/spec\/|(^|\/)testdata\/.*\.json$/;

export const textFiles: readonly SourceFile[] = listed
  .filter((path) => !foreign.test(path) && !/\.(png|jpg|webp|ico|woff2|binpb|webm|mp3|mp4)$/.test(path))
  .map(read);

/** What we wrote in TypeScript and JavaScript. */
export const sources: readonly SourceFile[] = textFiles.filter(({ path }) => code.test(path));

/** Tests, and what only tests use: they may reach further than what they test. */
export function isForTests(path: string): boolean {
  return path.startsWith('tests/') || /\.test\.ts$|(^|\/)(testing|testdata)(\/|\.ts$)/.test(path);
}

/** The code of a file without its comments, so that examples in them name what they like. */
export function codeOf({ lines }: SourceFile): string {
  return lines
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .map((line) => line.replace(/\s\/\/ .*$/, ''))
    .join('\n');
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, lines: text.split('\n') };
}
