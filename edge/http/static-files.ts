// The console's files, read once when the edge opens: no request ever reaches the disk, so none can leave the folder.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { staticBytesMax } from '../limits.ts';
import type { Exchange } from './exchange.ts';

type StaticFile = {
  readonly body: Uint8Array;
  /** Absent where packing does not help. */
  readonly packed: Uint8Array | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
};

/** By path; a folder's `index.html` stands under the folder. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Names with a digest in them never change what they hold: `main-3f9ab2c1.js`. */
const digestInName = /[.-][0-9A-Za-z_]{8,}\.[a-z0-9]+$/;

/** No script, style or frame from elsewhere, and none written into the page. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob: https:",
  "media-src 'self' blob: https:",
  "font-src 'self'",
  "connect-src 'self' ws: wss:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Reads a folder; empty where there is none. Throws when it is larger than the edge keeps in memory. */
export async function readStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const name of names) {
    if (!name.isFile()) continue;
    const path = join(name.parentPath, name.name);
    const body = await readFile(path);
    bytes += body.length;
    if (bytes > staticBytesMax) throw new Error(`${folder} holds more than ${staticBytesMax} bytes of files.`);
    const url = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(url, staticFile(url, body));
    if (url.endsWith('/index.html')) files.set(url.slice(0, -'index.html'.length), staticFile(url, body));
  }
  return files;
}

/** True when the request was for a file, and is answered. */
export function answerStatic(exchange: Exchange, files: StaticFiles): boolean {
  const file = files.get(exchange.path);
  if (file === undefined || (exchange.verb !== 'GET' && exchange.verb !== 'HEAD')) return false;
  if (exchange.header('if-none-match').includes(file.etag)) {
    exchange.answer({ status: 304, headers: file.headers, body: '' });
  } else if (file.packed !== undefined && /\bgzip\b/.test(exchange.header('accept-encoding'))) {
    const headers = { ...file.headers, 'Content-Encoding': 'gzip' };
    exchange.answer({ status: 200, headers, body: file.packed });
  } else exchange.answer({ status: 200, headers: file.headers, body: file.body });
  return true;
}

/** A page or file made in memory, served like one of the folder. */
export function staticFile(url: string, body: Uint8Array): StaticFile {
  const extension = extname(url);
  const type = types[extension] ?? 'application/octet-stream';
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const packed = /^(text|application\/(json|manifest)|image\/svg)/.test(type) ? gzipSync(body) : undefined;
  return {
    body,
    packed: packed !== undefined && packed.length < body.length ? packed : undefined,
    etag,
    headers: {
      'Content-Type': type,
      'Cache-Control': digestInName.test(url) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: etag,
      Vary: 'Accept-Encoding',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      ...(extension === '.html' ? { 'Content-Security-Policy': pagePolicy } : {}),
    },
  };
}
