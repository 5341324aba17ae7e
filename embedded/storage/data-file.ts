// Looks at LMDB's file before LMDB maps it: a file that was cut short, or whose first meta page is torn, would end
// the whole process with a signal and no word.
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Meta,
  metaAt,
  nodeFlag,
  nodesOf,
  numberAt,
  pageFlag,
  pageHeaderBytes,
  readBytes,
  readPage,
} from './lmdb-pages.ts';

/** Beside a file that is being made for the first time: until it is gone, nothing was ever acknowledged. */
export const makingMark = 'making';

/**
 * Answers what the folder holds: `none`, a file that is `whole`, or one whose torn meta page was put right from the
 * other one: then all of the commit under way is gone, and nothing else. Throws for what LMDB must not open.
 */
export function checkDataFile(folder: string): 'none' | 'whole' | 'restored' {
  const path = join(folder, 'data.mdb');
  const making = existsSync(join(folder, makingMark));
  if (!existsSync(path)) {
    if (making || !existsSync(join(folder, 'lock.mdb'))) return 'none';
    throw damaged(path, 'is missing');
  }
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    if (size === 0 && making) return 'none';
    if (size === 0) throw damaged(path, 'is empty');
    const { newest, torn } = readMetas(file, path);
    const missing = newest.pages * newest.pageBytes - size;
    if (missing > 0 && !tailIsFree(file, newest, Math.floor(size / newest.pageBytes))) {
      throw damaged(path, `is ${missing} bytes shorter than the ${newest.pages * newest.pageBytes} it must have`);
    }
    if (torn === undefined) return 'whole';
    restore(file, torn, newest.pageBytes);
    return 'restored';
  } finally {
    closeSync(file);
  }
}

function damaged(path: string, what: string): Error {
  return new Error(
    `the store's file ${path} ${what}: it was damaged from outside, and is left as it is. Put back a copy of the ` +
      'data directory, or move this one away to begin anew',
  );
}

/** LMDB writes its two meta pages in turn, so one is whole at any moment; but it does not look whether the other is. */
export function readMetas(file: number, path: string): { readonly newest: Meta; readonly torn?: 0 | 1 } {
  const first = metaAt(file, 0);
  const second = first === undefined ? findSecond(file) : metaAt(file, first.pageBytes);
  if (first !== undefined && second !== undefined) return { newest: second.commit > first.commit ? second : first };
  if (first !== undefined) return { newest: first, torn: 1 };
  if (second !== undefined) return { newest: second, torn: 0 };
  throw damaged(path, 'has no whole meta page');
}

/** Writes the whole meta page over the torn one: the next commit goes to the latter again. */
function restore(file: number, torn: 0 | 1, pageBytes: number): void {
  const page = readBytes(file, (1 - torn) * pageBytes, pageBytes);
  page.writeBigUInt64LE(BigInt(torn), 0);
  writeSync(file, page, 0, page.length, torn * pageBytes);
  fsyncSync(file);
}

function findSecond(file: number): Meta | undefined {
  for (let pageBytes = 512; pageBytes <= 65_536; pageBytes *= 2) {
    const meta = metaAt(file, pageBytes);
    if (meta?.pageBytes === pageBytes) return meta;
  }
  return undefined;
}

/** LMDB need not write the last pages of its file while they are free: so a whole file may be short of just those. */
function tailIsFree(file: number, meta: Meta, pagesThere: number): boolean {
  const tail = new Set<number>();
  const walk = (number: number): boolean => {
    const page = number < pagesThere ? readPage(file, meta, number) : undefined;
    if (page === undefined) return false;
    return nodesOf(page).every((node) => {
      if ((page.flags & pageFlag.leaf) === 0) return walk(node.child);
      const inPage = (node.flags & nodeFlag.big) === 0;
      const start = inPage ? 0 : numberAt(page.bytes, node.at) * meta.pageBytes + pageHeaderBytes;
      const list = inPage ? page.bytes.subarray(node.at, node.at + node.size) : readBytes(file, start, node.size);
      noteFree(list, pagesThere, tail);
      return true;
    });
  };
  try {
    return meta.freeRoot !== undefined && walk(meta.freeRoot) && tail.size === meta.pages - pagesThere;
  } catch (error) {
    // An offset out of its page: this is no list of free pages.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A list of free pages: how many numbers follow, then page numbers; a negative one is the length of the run behind. */
function noteFree(list: Buffer, from: number, into: Set<number>): void {
  const count = Number(list.readBigInt64LE(0));
  for (let i = 1; i <= count; i++) {
    const entry = Number(list.readBigInt64LE(i * 8));
    const length = entry < 0 ? -entry : 1;
    const page = entry < 0 ? Number(list.readBigInt64LE(++i * 8)) : entry;
    for (let each = Math.max(page, from); each < page + length; each++) into.add(each);
  }
}
