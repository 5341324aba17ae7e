// LMDB's file format as far as it must be read without LMDB: which ends the whole process, with no word, over a page
// that is not what it should be. Reads only; believes nothing that it has not checked.
import { readSync } from 'node:fs';

/** Of a page: number (8 bytes), transaction (8), padding (2), flags (2), two bounds (4); offsets count from its end. */
export const pageHeaderBytes = 24;
const metaBytes = 168;
const magic = 0xbeef_c0de;
const formatVersion = 2;
/** In place of the root of an empty tree. */
const noPage = 2 ** 64;

export const pageFlag = { branch: 1, leaf: 2, overflow: 4 } as const;
/** The value lies on pages of its own; the value is a tree. */
export const nodeFlag = { big: 1, tree: 2 } as const;

export type Meta = {
  readonly pageBytes: number;
  readonly pages: number;
  /** The number of the transaction that wrote it. */
  readonly commit: number;
  /** Of the tree of free pages and of the tree of trees; undefined while empty. */
  readonly freeRoot: number | undefined;
  readonly mainRoot: number | undefined;
};

export type Page = { readonly number: number; readonly commit: number; readonly flags: number; readonly bytes: Buffer };

/** On a branch, `child` is the page below; on a leaf, the value has `size` bytes and begins at `at`. */
export type Node = { readonly child: number; readonly flags: number; readonly size: number; readonly at: number };

/** Undefined for bytes that are no meta page. */
export function metaAt(file: number, position: number): Meta | undefined {
  const bytes = readBytes(file, position, metaBytes);
  if (bytes.length < metaBytes) return undefined;
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt16LE(28) !== formatVersion) return undefined;
  const pageBytes = bytes.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  const pages = numberAt(bytes, 144) + 1;
  if (pages < 2 || !Number.isSafeInteger(pages * pageBytes)) return undefined;
  const commit = numberAt(bytes, 152);
  return { pageBytes, pages, commit, freeRoot: rootAt(bytes, 88), mainRoot: rootAt(bytes, 136) };
}

/** Undefined beyond the file's end. */
export function readPage(file: number, { pageBytes }: Meta, page: number): Page | undefined {
  const bytes = readBytes(file, page * pageBytes, pageBytes);
  if (bytes.length < pageBytes) return undefined;
  return { number: numberAt(bytes, 0), commit: numberAt(bytes, 8), flags: bytes.readUInt16LE(18), bytes };
}

/** Of a branch or a leaf. Throws RangeError where a node does not lie within its page. */
export function nodesOf({ bytes, flags }: Page): Node[] {
  const count = bytes.readUInt16LE(20) / 2;
  return Array.from({ length: count }, (_, i) => {
    const start = pageHeaderBytes + bytes.readUInt16LE(pageHeaderBytes + i * 2);
    const low = bytes.readUInt32LE(start);
    const own = bytes.readUInt16LE(start + 4);
    const at = start + 8 + bytes.readUInt16LE(start + 6);
    const branch = (flags & pageFlag.branch) !== 0;
    const kept = branch ? 0 : (own & nodeFlag.big) !== 0 ? 8 : low;
    if (at + kept > bytes.length) throw new RangeError('a node ends beyond its page');
    return { child: branch ? low + own * 2 ** 32 : 0, flags: branch ? 0 : own, size: low, at };
  });
}

/** The root of the tree that a value describes. */
export function treeIn(page: Page, { at }: Node): number | undefined {
  return rootAt(page.bytes, at + 40);
}

export function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function rootAt(bytes: Buffer, at: number): number | undefined {
  const root = numberAt(bytes, at);
  return root === noPage ? undefined : root;
}

/** Fewer than asked for where the file ends. */
export function readBytes(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let at = 0;
  for (let read = -1; at < length && read !== 0; at += read)
    read = readSync(file, bytes, at, length - at, position + at);
  return bytes.subarray(0, at);
}
