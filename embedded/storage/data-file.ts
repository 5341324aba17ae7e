// Looks at LMDB's file before LMDB maps it: a file that was cut short, or whose first meta page is torn, would end
// the whole process with a signal and no word. Reads LMDB's format as far as that needs; touches nothing else.
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Of a page: number (8 bytes), transaction (8), padding (2), flags (2), two bounds (4); offsets count from its end. */
const pageHeaderBytes = 24;
const metaBytes = 168;
const magic = 0xbeef_c0de;
const formatVersion = 2;
const leafFlag = 2;
/** Of a node: its value lies on pages of its own. */
const bigFlag = 1;

type Meta = { readonly pageBytes: number; readonly freeRoot: number; readonly pages: number; readonly commit: number };

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
function readMetas(file: number, path: string): { readonly newest: Meta; readonly torn?: 0 | 1 } {
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

function metaAt(file: number, position: number): Meta | undefined {
  const bytes = readBytes(file, position, metaBytes);
  if (bytes.length < metaBytes) return undefined;
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt16LE(28) !== formatVersion) return undefined;
  const pageBytes = bytes.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  const pages = Number(bytes.readBigUInt64LE(144)) + 1;
  if (pages < 2 || !Number.isSafeInteger(pages * pageBytes)) return undefined;
  const freeRoot = bytes.readBigUInt64LE(88);
  return { pageBytes, freeRoot: Number(freeRoot), pages, commit: Number(bytes.readBigUInt64LE(152)) };
}

/** LMDB need not write the last pages of its file while they are free: so a whole file may be short of just those. */
function tailIsFree(file: number, meta: Meta, pagesThere: number): boolean {
  const tail = new Set<number>();
  const walk = (page: number): boolean => {
    if (page >= pagesThere) return false;
    const bytes = readBytes(file, page * meta.pageBytes, meta.pageBytes);
    const leaf = (bytes.readUInt16LE(18) & leafFlag) !== 0;
    const count = bytes.readUInt16LE(20) / 2;
    for (let i = 0; i < count; i++) {
      const node = pageHeaderBytes + bytes.readUInt16LE(pageHeaderBytes + i * 2);
      const low = bytes.readUInt32LE(node);
      const flags = bytes.readUInt16LE(node + 4);
      if (!leaf) {
        if (!walk(low + flags * 2 ** 32)) return false;
        continue;
      }
      const value = node + 8 + bytes.readUInt16LE(node + 6);
      if ((flags & bigFlag) === 0) noteFree(bytes.subarray(value, value + low), pagesThere, tail);
      else {
        const start = Number(bytes.readBigUInt64LE(value)) * meta.pageBytes + pageHeaderBytes;
        const list = readBytes(file, start, low);
        if (list.length < low) return false;
        noteFree(list, pagesThere, tail);
      }
    }
    return true;
  };
  try {
    return walk(meta.freeRoot) && tail.size === meta.pages - pagesThere;
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

/** Fewer than asked for where the file ends. */
function readBytes(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let at = 0;
  for (let read = -1; at < length && read !== 0; at += read)
    read = readSync(file, bytes, at, length - at, position + at);
  return bytes.subarray(0, at);
}
